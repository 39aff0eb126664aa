package forecast

import (
	"fmt"
	"strconv"
	"strings"

	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
)

// MaxFences bounds the fences of one forecast.
const MaxFences = 16

// Fence says how firm the figures are up to a horizon, counted from the issue of the forecast (practice T13), and how far a revision may move them
// without asking: the flex band. Where contract terms with fences are in force, those count.
type Fence struct {
	UntilDays int64 `cbor:"untilDays" json:"untilDays"` // of the last day inside
	Zone      Zone  `cbor:"zone" json:"zone"`
	UpPPM     int64 `cbor:"flexUp" json:"flexUp"` // of the figure before
	DownPPM   int64 `cbor:"flexDown" json:"flexDown"`
}

// Zone is a time fence.
type Zone string

// The zones, from the nearest.
const (
	Frozen   Zone = "FROZEN" // nothing moves without an agreement
	FirmZone Zone = "FIRM"
	Slushy   Zone = "SLUSHY"
	Free     Zone = "FREE" // anything moves
)

// CheckFences applies the rule of fences alone.
func CheckFences(fences []Fence) []artifact.Finding {
	var r artifact.Report
	checkFences(&r, fences)
	return r.Findings()
}

func checkFences(r *artifact.Report, fences []Fence) {
	if len(fences) > MaxFences {
		r.Add(CodeFence, "timeFences", "%d fences are more than %d", len(fences), MaxFences)
		return
	}
	order := map[Zone]int{Frozen: 0, FirmZone: 1, Slushy: 2, Free: 3}
	days, zone := int64(-1), 0
	for i, f := range fences {
		path := fmt.Sprintf("timeFences[%d]", i)
		rank, known := order[f.Zone]
		switch {
		case f.UntilDays <= days || f.UntilDays > artifact.MaxHorizonDays:
			r.Add(CodeFence, path, "%d days: horizons rise and stay within %d", f.UntilDays, artifact.MaxHorizonDays)
		case !known || rank < zone:
			r.Add(CodeFence, path, "zone %q is unknown, or firmer than the one before it", artifact.Clip(string(f.Zone)))
		case f.UpPPM < 0 || f.DownPPM < 0 || f.DownPPM > PPM || f.UpPPM > 100*PPM || f.Zone == Frozen && f.UpPPM+f.DownPPM > 0:
			r.Add(CodeFence, path, "a flex band of %d up and %d down, in ppm: nothing moves in a frozen zone, and nothing falls by more than all", f.UpPPM, f.DownPPM)
		}
		days, zone = f.UntilDays, rank
	}
}

// ToleranceAt is how far a revision may move a bucket of this forecast without being material: its fence's flex band, else practice T1.
func (d Document) ToleranceAt(b calendar.Bucket) Tolerance {
	if f, fenced := d.FenceAt(b); fenced {
		return Tolerance{UpPPM: f.UpPPM, DownPPM: f.DownPPM, Exact: f.Zone == Frozen}
	}
	return DefaultTolerance()
}

// ParseFences reads fences as people write them, from the nearest: DAYS:ZONE, or DAYS:ZONE:UP:DOWN with a flex band in percent, such as
// 14:FROZEN 56:SLUSHY:10:20 365:FREE. Only the form is checked; Check judges the rest.
func ParseFences(texts []string) (fences []Fence, err error) {
	for _, text := range texts {
		parts := strings.Split(text, ":")
		f, ok := Fence{}, len(parts) == 2 || len(parts) == 4
		if ok {
			f.UntilDays, err = strconv.ParseInt(parts[0], 10, 32)
			f.Zone, ok = Zone(strings.ToUpper(parts[1])), err == nil
		}
		for i, band := range []*int64{&f.UpPPM, &f.DownPPM} {
			if !ok || len(parts) != 4 {
				break
			}
			q, err := quantity.Parse(parts[2+i])
			n, whole := q.At(-4) // of percent: parts per million
			if ok = err == nil && whole && n.IsInt64(); ok {
				*band = n.Int64()
			}
		}
		if !ok {
			return nil, fmt.Errorf("fence %q is no DAYS:ZONE or DAYS:ZONE:UP:DOWN; right would be 14:FROZEN or 56:SLUSHY:10:20, with a band in percent", artifact.Clip(text))
		}
		fences = append(fences, f)
	}
	return fences, nil
}

// String is the fence as ParseFences reads it.
func (f Fence) String() string {
	text := fmt.Sprintf("%d:%s", f.UntilDays, f.Zone)
	if f.UpPPM == 0 && f.DownPPM == 0 {
		return text
	}
	plain := func(ppm int64) string { return strings.TrimSuffix(percent(ppm), " %") }
	return text + ":" + plain(f.UpPPM) + ":" + plain(f.DownPPM)
}

// FencesText are fences in a row, as ParseFences reads them.
func FencesText(fences []Fence) string {
	texts := make([]string, len(fences))
	for i, f := range fences {
		texts[i] = f.String()
	}
	return strings.Join(texts, " ")
}

// FenceAt is the fence in which a bucket begins, and false beyond the last.
func (d Document) FenceAt(b calendar.Bucket) (Fence, bool) {
	ahead := int64(b.Start.Sub(calendar.DateOf(d.Header.Issued)))
	for _, f := range d.Fences {
		if ahead <= f.UntilDays {
			return f, true
		}
	}
	return Fence{}, false
}
