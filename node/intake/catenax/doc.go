// Package catenax reads the JSON payloads of Catena-X aspect models into drafts:
// WeekBasedMaterialDemand and ShortTermMaterialDemand as forecasts,
// WeekBasedCapacityGroup as capacity groups, DemandAndCapacityNotification as
// notices, IdBasedRequestForUpdate as requests, ItemStock as stock,
// DeliveryInformation as despatches and PlannedProductionOutput as planned output.
//
// Model tells which model a payload is by its members, and Read reads one, or an
// array of several of one model.
//
// Guarantees: pure; numbers are read exactly, exponents included; what a model
// says and a draft can't hold is a note, never dropped in silence.
package catenax
