package forecast

import "time"

// Purpose is UBL's forecast purpose code.
type Purpose string

// The purposes.
const (
	SalesForecast Purpose = "SALES_FORECAST"
	OrderForecast Purpose = "ORDER_FORECAST"
)

// Kind is UBL's forecast type code.
type Kind string

// The kinds of forecast lines.
const (
	Base        Kind = "BASE"
	Promotional Kind = "PROMOTIONAL"
	Seasonal    Kind = "SEASONAL"
	Total       Kind = "TOTAL"
)

// Category is the demand category of CX-0128.
type Category string

// The categories of CX-0128.
const (
	Default        Category = "0001" // default
	AfterSales     Category = "A1S1"
	Series         Category = "SR99"
	PhaseIn        Category = "PI01"
	OneTime        Category = "OS01"
	OperatingItems Category = "OI01"
	Extraordinary  Category = "ED01"
	PhaseOut       Category = "PO01"
)

// Firmness says how far a bucket's figure binds (EDIFACT 4017 1 to 4).
type Firmness string

// The degrees of firmness. Absent means PLANNED.
const (
	Firm         Firmness = "FIRM"
	Fabrication  Firmness = "FAB_AUTH" // finished goods may be made
	RawMaterial  Firmness = "RAW_AUTH" // material may be bought
	PlannedLevel Firmness = "PLANNED"
)

// BucketBasis says whether orders already placed are inside the figures (practice T5).
type BucketBasis string

// The bucket bases.
const (
	Gross       BucketBasis = "GROSS"
	NetOfOrders BucketBasis = "NET_OF_ORDERS"
)

// DateBasis says which date a bucket means (practice T5).
type DateBasis string

// The date bases.
const (
	ByShip    DateBasis = "SHIP"
	ByArrival DateBasis = "ARRIVAL"
	ByNeed    DateBasis = "NEED"
	BySale    DateBasis = "SALE"
)

// OnNoAnswer says what the seller's silence means once the answer is due (practice T5).
type OnNoAnswer string

// The meanings of silence.
const (
	NoCommit         OnNoAnswer = "NO_COMMIT"
	LastCommitStands OnNoAnswer = "LAST_COMMIT_STANDS"
)

// TierRole tells the two numbers of propagated demand apart (practice T9).
type TierRole string

// The two numbers. Lines of one document either all have a role or none has.
const (
	EndDemand       TierRole = "END_DEMAND_EQUIVALENT" // what the market behind needs, in this item
	PlannedReceipts TierRole = "PLANNED_RECEIPTS"      // what the sender means to receive
)

// WeekScheme names the first day of the sender's weeks (practice T13).
type WeekScheme string

// The week schemes. Absent means ISO-8601.
const (
	WeeksISO      WeekScheme = "ISO-8601" // Monday
	WeeksSunday   WeekScheme = "SUNDAY"
	WeeksSaturday WeekScheme = "SATURDAY"
)

// First is the first day of the week in this scheme.
func (w WeekScheme) First() time.Weekday {
	switch w {
	case WeeksSunday:
		return time.Sunday
	case WeeksSaturday:
		return time.Saturday
	}
	return time.Monday
}

// Bands says how quantiles were made (practice T18).
type Bands string

// The makers of bands.
const (
	BandsModel     Bands = "model"     // by a forecasting method
	BandsEmpirical Bands = "empirical" // from relative errors of past versions at the same lag
	BandsNone      Bands = "none"      // points only: no probability is claimed
)

func oneOf[T ~string](v T, known ...T) bool {
	for _, k := range known {
		if v == k {
			return true
		}
	}
	return false
}
