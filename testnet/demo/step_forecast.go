package demo

import (
	"context"

	"kontor/node/desk"
	"kontor/testnet/proc"
)

// shareForecast: history in, baseline, preview, share, and the partner holds it.
func (d *demo) shareForecast(ctx context.Context) error {
	monthly, err := d.agency.WriteFile("monthly.csv", d.figures.monthly)
	if err != nil {
		return err
	}
	var imported desk.ImportResult
	if err := d.agency.Ask(ctx, &imported, "history", "import", monthly); err != nil {
		return err
	}
	d.say("%s imports %d rows of history", d.agency.Name, imported.Imported)
	args := []string{"forecast", "baseline"}
	if d.figures.dropLast {
		args = append(args, "--drop-last-month")
	}
	var base desk.BaselineResult
	if err := d.agency.Ask(ctx, &base, args...); err != nil {
		return err
	}
	for _, n := range base.Notes {
		d.say("note: %s", n)
	}
	d.say("%d series forecast, %s to %s; %s", base.Lines, base.First, base.Last, base.Judgement)
	r := &d.report.Forecast
	r.Coverage80, r.Pinball, r.PinballEmpirical = round(base.Coverage80, 4), round(base.Pinball, 1), round(base.PinballEmpirical, 1)
	if err := claim(base.Coverage80 >= 0.75 && base.Coverage80 <= 0.88, "the 80 %% band covers %.1f %%, outside 75 to 88 %%", 100*base.Coverage80); err != nil {
		return err
	}
	if err := claim(base.Pinball <= base.PinballEmpirical, "the pinball loss of %.1f is worse than %.1f of the empirical quantiles", base.Pinball, base.PinballEmpirical); err != nil {
		return err
	}
	var preview desk.Preview
	if err := d.agency.Ask(ctx, &preview, "forecast", "preview"); err != nil {
		return err
	}
	d.say("preview: %s would see %d series, %d periods, %d bytes; %d lines stay at home", preview.With, preview.Series, preview.Buckets, preview.Bytes, preview.Withheld)
	var shared desk.Shared
	if err := d.agency.Ask(ctx, &shared, "forecast", "share"); err != nil {
		return err
	}
	r.CID, r.Series, r.Buckets, r.Bytes = shared.CID.String(), shared.Series, shared.Buckets, shared.Bytes
	d.say("shared as %s", shared.CID)
	return proc.Eventually(ctx, "the forecast at "+d.maker.Name, patience, func() (bool, error) {
		return d.holds(ctx, d.maker, r.CID)
	})
}

// holds tells whether a company holds a forecast in force.
func (d *demo) holds(ctx context.Context, c *proc.Company, cid string) (bool, error) {
	var list []desk.HeldForecast
	if err := c.Ask(ctx, &list, "forecast", "list"); err != nil {
		return false, err
	}
	for _, f := range list {
		if f.CID.String() == cid {
			return true, claim(f.Status == "IN_FORCE", "%s holds the forecast as %s %v", c.Name, f.Status, f.Codes)
		}
	}
	return false, nil
}
