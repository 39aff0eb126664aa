package catenax

import (
	"testing"

	"kontor/node/intake/intaketest"
)

func FuzzRead(f *testing.F) {
	intaketest.Fuzz(f, Read,
		"{\"materialDemandId\":\"0157ba42-d2a8-4e28-8565-7b07830c1110\",\"materialNumberCustomer\":\"M-1\",\"materialDescriptionCustomer\":\"Plug\",\"unitOfMeasure\":\"unit:piece\",\"unitOfMeasureIsOmitted\":false,\"supplier\":\"BPNL6666666666YY\",\"customer\":\"BPNL8888888888XX\",\"changedAt\":\"2026-01-05T08:15:30Z\",\"materialDemandIsInactive\":false,\"demandSeries\":[{\"customerLocation\":\"BPNS8888888888XX\",\"demandCategory\":{\"demandCategoryCode\":\"0001\"},\"demands\":[{\"pointInTime\":\"2026-01-05\",\"demand\":1E+3},{\"pointInTime\":\"2026-01-12\",\"demand\":2.5}]},{\"customerLocation\":\"BPNS8888888888XX\",\"demandCategory\":{\"demandCategoryCode\":\"A1S1\"},\"demands\":[{\"pointInTime\":\"2026-01-07\",\"demand\":0}]}]}",
		"{\"capacityGroupId\":\"0157ba42-d2a8-4e28-8565-7b07830c1110\",\"name\":\"Line\",\"unitOfMeasure\":\"unit:piece\",\"capacityGroupIsInactive\":false,\"linkedDemandSeries\":[{\"materialNumberCustomer\":\"M-1\",\"customerLocation\":\"BPNS8888888888XX\",\"demandCategory\":{\"demandCategoryCode\":\"0001\"}}],\"capacities\":[{\"pointInTime\":\"2026-01-05\",\"actualCapacity\":2000,\"maximumCapacity\":1000}]}",
		"{\"notificationId\":\"urn:uuid:d9452f24-3bf3-4134-b3eb-68858f1b2362\",\"sourceDisruptionId\":\"urn:uuid:c69cb3e4-16ad-43c3-82b9-0deac75ecf9e\",\"leadingRootCause\":\"weather\",\"effect\":\"rain\",\"status\":\"open\",\"startDateOfEffect\":\"tomorrow\",\"contentChangedAt\":\"2026-01-05T08:00:00Z\"}",
	)
}
