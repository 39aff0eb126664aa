package board

import (
	"context"
	"strings"
	"testing"
	"time"

	"kontor/node/api/wire"
	"kontor/node/desk"
	"kontor/protocol/decision"
)

// A wrong clock signs nothing; what it dates ahead the partner keeps aside and shows, and until that time nothing more is signed, with the reason said. The agreement that the
// other side has signed binds nobody in the end, on neither side.
func TestAWrongClockBindsNobody(t *testing.T) {
	c := paired(t)
	c.short(t)
	ctx := context.Background()
	_, document := c.agree(t)
	for _, role := range []decision.Role{decision.COO, decision.CFO} {
		if err := c.agency.signs(t, document, string(role), role); err != nil {
			t.Fatal(err)
		}
	}
	set := func(ahead time.Duration) {
		c.maker.stop()
		c.maker.ahead = ahead
		c.maker.start(t)
	}
	set(time.Hour)
	soon(t, "the partner's clock", func() bool { return codesOf(c.maker.signs(t, document, "COO", decision.COO)) == "CLOCK_DISAGREES" })
	if _, err := c.maker.desk.ImportStock([]byte("product,on hand\nZDV-300,700\n"), desk.ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.maker.desk.ShareCapacity(ctx, "", ""); err != nil {
		t.Fatal(err)
	}
	maker := c.maker.n.Company()
	soon(t, "the parked entry", func() bool { return c.agency.n.Parked(c.pid, maker) > c.agency.n.Now() })
	set(0)
	if err := c.maker.signs(t, document, "COO", decision.COO); codesOf(err) != "HEAD_UNCONFIRMED" || !strings.Contains(err.Error(), "is dated ") || !strings.Contains(err.Error(), "ahead of this machine's clock") {
		t.Errorf("signed behind an entry dated ahead: %v", err)
	}
	for _, who := range []*company{c.agency, c.maker} {
		if who.verdict(document) != decision.Open {
			t.Errorf("%s says %s", who.n.Name(), who.verdict(document))
		}
	}

	c.later(t, decision.DefaultSignBy*time.Millisecond+time.Hour)
	if c.agency.n.Parked(c.pid, maker) != 0 {
		t.Error("an entry whose time has come is shown as kept aside")
	}
	if _, err := c.agency.desk.ShareForecast(ctx, "", ""); err != nil {
		t.Fatal(err)
	}
	if _, err := c.maker.desk.ShareCapacity(ctx, "", ""); err != nil {
		t.Fatal(err)
	}
	for _, who := range []*company{c.agency, c.maker} {
		soon(t, "the end of the round at "+who.n.Name(), func() bool {
			d, err := who.Agreement(admin, wire.AgreementQuery{Agreement: document})
			return err == nil && d.Verdict == decision.Void && !d.Pending
		})
	}
}
