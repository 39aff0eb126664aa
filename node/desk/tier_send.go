package desk

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"strings"

	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/forecast"
	"kontor/protocol/tier"
)

// commitTo is a salted commitment to the inputs of an emission. It differs between emissions of the same inputs.
func commitTo(salt []byte, e tier.Emission, inputs []tier.Input) []byte {
	mac := hmac.New(sha256.New, salt)
	mac.Write([]byte("kontor tier inputs v1"))
	for _, id := range e.Events {
		mac.Write(id[:])
	}
	for _, in := range inputs {
		fmt.Fprintf(mac, "|%s@%s", in.Source, in.Version)
		for _, s := range in.Less {
			fmt.Fprintf(mac, "-%s+%s", s.To, s.From)
		}
	}
	return mac.Sum(nil)
}

func (d *Desk) tierSalt() (salt []byte, err error) {
	type row struct {
		Salt []byte `cbor:"salt"`
	}
	err = d.node.Private(func(rows node.PrivateRows) error {
		var r row
		found, err := rows.Get(saltRow, &r)
		if err != nil || found {
			salt = r.Salt
			return err
		}
		salt = make([]byte, 32)
		if _, err := rand.Read(salt); err != nil {
			return err
		}
		return rows.Put(saltRow, row{salt})
	})
	return salt, err
}

// emissionCommand names the write of an emission: the same events are never written twice, whatever happens in between.
func emissionCommand(to block.CID, events []tier.EventID) node.Command {
	h := sha256.New()
	h.Write(to.Bytes())
	for _, id := range events {
		h.Write(id[:])
	}
	return node.Command(fmt.Sprintf("tier-%x", h.Sum(nil)[:16]))
}

// told reads the lines of the last emission back from the document in force.
func (d *Desk) told(to block.CID) (lines []forecast.Line, err error) {
	s, err := d.series(to, forecast.Type, tierSeries)
	if err != nil {
		return nil, err
	}
	err = d.node.View(to, func(r *protocol.Replica) error {
		rows, err := r.InForce(forecast.Type, d.node.Company())
		if err != nil {
			return err
		}
		for _, row := range rows {
			if row.Series != s.Series.String() {
				continue
			}
			doc, err := r.Forecast(row.Root)
			if err != nil {
				return err
			}
			lines = doc.Lines
		}
		return nil
	})
	return lines, err
}

// send writes an emission that was decided: the next revision of the supplier's series. Written twice, it is written once.
func (d *Desk) send(ctx context.Context, s tierSettings, to block.CID, e tier.Emission, inputs []tier.Input) (EmissionReport, error) {
	p, err := d.node.Partnership(to)
	if err != nil {
		return EmissionReport{}, err
	}
	granted, err := d.granted(p, protocol.KindForecast)
	if err != nil {
		return EmissionReport{}, err
	}
	out, err := d.derive(s, to, inputs)
	if err != nil {
		return EmissionReport{}, err
	}
	if len(out.Lines) == 0 {
		return EmissionReport{}, heldBack(out)
	}
	salt, err := d.tierSalt()
	if err != nil {
		return EmissionReport{}, err
	}
	series, err := d.series(to, forecast.Type, tierSeries)
	if err != nil {
		return EmissionReport{}, err
	}
	var header artifact.Header
	err = d.node.View(to, func(r *protocol.Replica) error {
		header, _, err = d.next(r, forecast.Type, series, d.node.Now())
		return err
	})
	if err != nil {
		return EmissionReport{}, err
	}
	header.Scope = granted
	doc := emissionDocument(header, out, e, commitTo(salt, e, inputs))
	if findings := append(forecast.Check(doc), forecast.CheckScope(doc, granted)...); len(findings) > 0 {
		return EmissionReport{}, &node.Failure{Code: "FORECAST_REFUSED", Text: fmt.Sprintf("the demand to pass on breaks %s: %s", node.Count(len(findings), "rule"), findings[0].Error()), Findings: findings}
	}
	sheet, err := forecast.ToSheet(doc, series.Key)
	if err != nil {
		return EmissionReport{}, err
	}
	if err := d.keepLedgers(to, protocol.KindForecast, out.Ledgers); err != nil {
		return EmissionReport{}, err
	}
	w, _, err := d.share(ctx, p, emissionCommand(to, e.Events), protocol.KindForecast, sheet)
	if err != nil {
		return EmissionReport{}, err
	}
	revision := header.Revision
	err = d.node.View(to, func(r *protocol.Replica) error {
		// The entry may be one that an earlier run wrote before it could note so.
		if row, found, err := r.Version(*w.Body); err != nil || !found {
			return err
		} else {
			revision = row.Revision
		}
		return nil
	})
	if err != nil {
		return EmissionReport{}, err
	}
	return EmissionReport{To: d.PartnerName(p), CID: w.Body.String(), Entry: w.Entry.String(), Series: series.Series.String(), Revision: revision,
		Lines: int64(len(doc.Lines)), Events: int64(len(e.Events)), Hops: e.Hops, At: w.T, Milliseconds: -1}, nil
}

// heldBack says why nothing may leave.
func heldBack(out derived) error {
	if len(out.Held) == 0 {
		return errNoDemand
	}
	f := &node.Failure{Code: "NEEDS_GRANT", Findings: out.Findings,
		Text: fmt.Sprintf("components that need an officer's grant before they may leave: %d (%s)", len(out.Held), strings.Join(out.Held[:min(len(out.Held), 5)], ", "))}
	if len(out.Findings) > 0 {
		f.Text += "; first of the reasons: " + out.Findings[0].Error()
	}
	return f
}
