// Package outlet writes documents for other systems: forecasts as DELFOR, X12 830,
// UBL Forecast and ForecastRevision, Catena-X WeekBasedMaterialDemand and tables;
// capacity plans as WeekBasedCapacityGroup; notices as
// DemandAndCapacityNotification; and any artifact as CAR and DAG-JSON.
//
// Forecast and Plan pick the writer by name; Blocks writes CAR and DAG-JSON.
//
// Guarantees: pure; the same document gives the same bytes; what package intake
// reads back is the same document as far as the format carries it, and what it does
// not carry is listed, never invented; a document whose lines the format can't tell
// apart is refused. Text that a spreadsheet would run as a formula is escaped.
package outlet
