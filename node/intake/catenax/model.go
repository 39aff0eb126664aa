package catenax

import "encoding/json"

// The payloads, as the published schemas have them. Numbers stay text until they
// are read exactly.

type materialDemand struct {
	ID            string         `json:"materialDemandId"`
	Series        []demandSeries `json:"demandSeries"`
	Customer      string         `json:"customer"`
	Supplier      string         `json:"supplier"`
	Unit          string         `json:"unitOfMeasure"`
	UnitOmitted   bool           `json:"unitOfMeasureIsOmitted"`
	CustomersPart string         `json:"materialNumberCustomer"`
	SuppliersPart string         `json:"materialNumberSupplier"`
	Description   string         `json:"materialDescriptionCustomer"`
	GlobalAsset   string         `json:"materialGlobalAssetId"`
	Changed       string         `json:"changedAt"`
	Inactive      bool           `json:"materialDemandIsInactive"`
}

type demandSeries struct {
	CustomerLocation  string   `json:"customerLocation"`
	CustomerLocation1 string   `json:"customerLocationBpns"` // of ShortTermMaterialDemand
	Category          category `json:"demandCategory"`
	Demands           []demand `json:"demands"`
}

type category struct {
	Code string `json:"demandCategoryCode"`
}

type demand struct {
	Point  string          `json:"pointInTime"`
	Day    string          `json:"day"`    // of ShortTermMaterialDemand
	Demand json.RawMessage `json:"demand"` // a number, or value and unit
}

type amount struct {
	Value json.Number `json:"value"`
	Unit  string      `json:"unit"`
}

type capacityGroup struct {
	ID          string          `json:"capacityGroupId"`
	Name        string          `json:"name"`
	Unit        string          `json:"unitOfMeasure"`
	UnitOmitted bool            `json:"unitOfMeasureIsOmitted"`
	Inactive    bool            `json:"capacityGroupIsInactive"`
	Locations   []string        `json:"supplierLocations"`
	Linked      []linkedDemand  `json:"linkedDemandSeries"`
	Groups      []string        `json:"linkedCapacityGroups"`
	Capacities  []capacityPoint `json:"capacities"`
	Volatility  *volatility     `json:"demandVolatilityParameters"`
}

type linkedDemand struct {
	CustomersPart string      `json:"materialNumberCustomer"`
	SuppliersPart string      `json:"materialNumberSupplier"`
	Location      string      `json:"customerLocation"`
	Category      category    `json:"demandCategory"`
	LoadFactor    json.Number `json:"loadFactor"`
}

type capacityPoint struct {
	Point   string      `json:"pointInTime"`
	Actual  json.Number `json:"actualCapacity"`
	Maximum json.Number `json:"maximumCapacity"`
	Agreed  json.Number `json:"agreedCapacity"`
	Delta   json.Number `json:"deltaProductionResult"`
}

type notification struct {
	ID        string     `json:"notificationId"`
	Source    string     `json:"sourceDisruptionId"`
	Related   []string   `json:"relatedNotificationIds"`
	Text      string     `json:"text"`
	Effect    string     `json:"effect"`
	Cause     string     `json:"leadingRootCause"`
	Status    string     `json:"status"`
	Start     string     `json:"startDateOfEffect"`
	End       string     `json:"expectedEndDateOfEffect"`
	Changed   string     `json:"contentChangedAt"`
	Measure   string     `json:"resolvingMeasureDescription"`
	Sender    []string   `json:"affectedSitesSender"`
	Recipient []string   `json:"affectedSitesRecipient"`
	Materials []material `json:"materialsAffected"`
}

type material struct {
	CustomersPart string `json:"materialNumberCustomer"`
	SuppliersPart string `json:"materialNumberSupplier"`
	GlobalAsset   string `json:"materialGlobalAssetId"`
}

type updateRequest struct {
	Demands []struct {
		ID      string `json:"materialDemandId"`
		Changed string `json:"changedAt"`
	} `json:"weekBasedMaterialDemand"`
	Groups []struct {
		ID      string `json:"capacityGroupId"`
		Changed string `json:"changedAt"`
	} `json:"weekBasedCapacityGroup"`
}

type positions struct {
	GlobalAsset string `json:"materialGlobalAssetId"`
	Direction   string `json:"direction"`
	Positions   []struct {
		Updated string `json:"lastUpdatedOnDateTime"`
		Order   struct {
			Customers string `json:"customerOrderId"`
		} `json:"orderPositionReference"`
		Stocks []struct {
			Quantity amount `json:"quantityOnAllocatedStock"`
			Blocked  bool   `json:"isBlocked"`
			Site     string `json:"stockLocationBPNS"`
		} `json:"allocatedStocks"`
		Outputs []struct {
			Quantity amount `json:"plannedProductionQuantity"`
			Done     string `json:"estimatedTimeOfCompletion"`
			Site     string `json:"productionSiteBpns"`
		} `json:"allocatedPlannedProductionOutputs"`
		Deliveries []struct {
			Quantity amount `json:"deliveryQuantity"`
			Tracking string `json:"trackingNumber"`
			Events   []struct {
				At   string `json:"dateTimeOfEvent"`
				Type string `json:"eventType"`
			} `json:"transitEvents"`
			Locations struct {
				Destination struct {
					Site string `json:"bpnsProperty"`
				} `json:"destination"`
			} `json:"transitLocations"`
		} `json:"deliveries"`
	} `json:"positions"`
}
