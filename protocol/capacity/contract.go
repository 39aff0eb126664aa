package capacity

import "math/big"

// Verdict is the result of CX-0128 for one group and bucket.
type Verdict string

// The three results of CX-0128, table 5.7.1.
const (
	ZeroDeviation Verdict = "ZERO_DEVIATION" // D = A
	Surplus       Verdict = "SURPLUS"        // D < A
	Bottleneck    Verdict = "BOTTLENECK"     // D > A
)

// Colour is how a verdict is shown.
type Colour string

// The colours of CX-0128.
const (
	Green  Colour = "GREEN"
	Orange Colour = "ORANGE" // above actual, within the maximum
	Red    Colour = "RED"    // above the maximum
)

// Scenario numbers the eight rows of CX-0128's table by how demand D, actual A and maximum M stand to each other.
type Scenario int

// The eight scenarios.
const (
	ScenarioBelowSlack  Scenario = 1 // D < A < M
	ScenarioBelowTight  Scenario = 2 // D < A = M
	ScenarioEqualSlack  Scenario = 3 // D = A < M
	ScenarioEqualTight  Scenario = 4 // D = A = M
	ScenarioBetween     Scenario = 5 // A < D < M
	ScenarioAtMaximum   Scenario = 6 // A < D = M
	ScenarioAboveBoth   Scenario = 7 // A < M < D
	ScenarioAboveSingle Scenario = 8 // A = M < D
)

// String writes the scenario as the comparison it is.
func (s Scenario) String() string {
	names := [...]string{"", "D < A < M", "D < A = M", "D = A < M", "D = A = M", "A < D < M", "A < D = M", "A < M < D", "A = M < D"}
	if s < 1 || int(s) >= len(names) {
		return "unknown"
	}
	return names[s]
}

// judge is CX-0128, table 5.7.1, exact: demand after load factors and delta production against actual and maximum
// capacity. A maximum below actual is refused by CheckPlan and counts as equal to it here.
func judge(demand, actual, maximum *big.Int) (Scenario, Verdict, Colour) {
	tight := maximum.Cmp(actual) <= 0
	switch demand.Cmp(actual) {
	case -1:
		if tight {
			return ScenarioBelowTight, Surplus, Green
		}
		return ScenarioBelowSlack, Surplus, Green
	case 0:
		if tight {
			return ScenarioEqualTight, ZeroDeviation, Green
		}
		return ScenarioEqualSlack, ZeroDeviation, Green
	}
	if tight {
		return ScenarioAboveSingle, Bottleneck, Red
	}
	switch demand.Cmp(maximum) {
	case -1:
		return ScenarioBetween, Bottleneck, Orange
	case 0:
		return ScenarioAtMaximum, Bottleneck, Orange
	}
	return ScenarioAboveBoth, Bottleneck, Red
}
