// Package ubl reads documents of UBL 2.1 into drafts, in XML and in the OASIS JSON
// forms of version 1.0 and 2.0: Forecast and ForecastRevision as forecasts, ProductActivity as history,
// DespatchAdvice and ReceiptAdvice as movements.
//
// IsXML and IsJSON tell such a document, and Read reads either: both become one
// tree first, so that the twins of one document give the same draft.
//
// Guarantees: pure; a document type or entity declaration refuses the file, so
// nothing outside it is read; depth and number of elements are bounded.
package ubl
