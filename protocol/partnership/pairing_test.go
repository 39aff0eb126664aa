package partnership_test

import (
	"errors"
	"strings"
	"testing"

	"kontor/protocol/block"
	"kontor/protocol/identity"
	"kontor/protocol/partnership"
	"kontor/protocol/wire/wiretest"
)

const now = wiretest.Begin + 3_600_000

// dialogue is a buyer's invitation taken up by a seller, one message at a time.
type dialogue struct {
	buyer, seller *wiretest.Company
	in            partnership.InviterState
	out           partnership.AcceptorState
	text          string
}

func begin(t *testing.T) *dialogue {
	t.Helper()
	d := &dialogue{buyer: wiretest.New("buyer"), seller: wiretest.New("seller")}
	var err error
	d.in, d.text, err = partnership.Invite(d.buyer.Rand, d.buyer.Party("/ip4/192.0.2.1/tcp/4001"), offer())
	check(t, err)
	d.out, err = partnership.Accept(d.seller.Rand, d.text, d.seller.Party("/ip4/192.0.2.2/tcp/4001"), now)
	check(t, err)
	return d
}

func offer() partnership.Offer {
	return partnership.Offer{Role: partnership.RoleSeller, Materiality: identity.Amount{Minor: 5_000_00, Currency: "EUR"},
		Products: []string{"4006381333931"}, Expires: now + 86_400_000}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func code(err error) string {
	var pe *partnership.PairError
	if errors.As(err, &pe) {
		return pe.Code
	}
	if err != nil {
		return "other: " + err.Error()
	}
	return ""
}

// reload passes both states through their stored form, as after a restart.
func (d *dialogue) reload(t *testing.T) {
	t.Helper()
	data, err := block.Marshal(d.in)
	check(t, err)
	var in partnership.InviterState
	check(t, block.Unmarshal(data, &in))
	data, err = block.Marshal(d.out)
	check(t, err)
	var out partnership.AcceptorState
	check(t, block.Unmarshal(data, &out))
	d.in, d.out = in, out
}

// meet runs the dialogue up to the words.
func (d *dialogue) meet(t *testing.T) {
	t.Helper()
	hello, err := d.out.Hello()
	check(t, err)
	var challenge partnership.Challenge
	d.in, challenge, err = d.in.Hello(hello, d.buyer.Party("/ip4/192.0.2.1/tcp/4001"), d.buyer.Rand, now)
	check(t, err)
	var reveal partnership.Reveal
	d.out, reveal, err = d.out.Reveal(challenge, d.seller.Party())
	check(t, err)
	d.in, err = d.in.Prove(reveal)
	check(t, err)
	var answer partnership.Answer
	d.in, answer, err = d.in.Bind(d.seller.Chain.From(0)[:reveal.Side.Len], d.buyer.Party(), d.buyer.Rand, now)
	check(t, err)
	d.out, err = d.out.Prove(answer, d.seller.Party())
	check(t, err)
	d.out, err = d.out.Bind(d.buyer.Chain.From(0)[:challenge.Side.Len], now)
	check(t, err)
}

func (d *dialogue) confirm(t *testing.T) {
	t.Helper()
	var err error
	d.in, err = d.in.Confirm()
	check(t, err)
	d.out, err = d.out.Confirm()
	check(t, err)
}

func TestPairingMakesOnePartnership(t *testing.T) {
	d := begin(t)
	d.meet(t)
	ours, ok := d.in.Words()
	theirs, ok2 := d.out.Words()
	if !ok || !ok2 || ours != theirs || len(strings.Fields(ours.String())) != 6 {
		t.Fatalf("words are %q and %q", ours, theirs)
	}
	d.confirm(t)
	var sign, signed partnership.Sign
	var err error
	d.out, sign, err = d.out.Sign(d.seller.Party(), now)
	check(t, err)
	d.in, signed, err = d.in.Sign(sign, d.buyer.Party(), now)
	check(t, err)
	d.out, _, err = d.out.Finish(signed, now)
	check(t, err)
	d.in, err = d.in.Finish()
	check(t, err)
	a, ok := d.in.Paired()
	b, ok2 := d.out.Paired()
	if !ok || !ok2 || a.PID != b.PID || a.ChannelKey != b.ChannelKey || a.Ours.CID() != b.Theirs.CID() || a.Theirs.CID() != b.Ours.CID() {
		t.Fatalf("the sides paired differently: %+v %+v", a, b)
	}
	if m, _ := a.Genesis.Member(d.seller.ID); m.Role != partnership.RoleSeller || len(a.Chain) == 0 || len(b.Chain) == 0 {
		t.Fatalf("seller is %q; chains have %d and %d entries", m.Role, len(a.Chain), len(b.Chain))
	}
	// Used up: neither the same acceptor nor anybody else begins again.
	if hello, _ := d.out.Hello(); true {
		if _, _, err := d.in.Hello(hello, d.buyer.Party(), d.buyer.Rand, now); code(err) != partnership.CodeUsed {
			t.Fatalf("a used invitation answers %v", err)
		}
	}
}

// A crash after any step, on both sides at once, burns nothing: the dialogue is run again and ends in the same partnership.
func TestPairingResumesAfterCrash(t *testing.T) {
	for step := range 5 {
		d := begin(t)
		d.meet(t)
		if step > 0 {
			d.reload(t)
			d.meet(t)
		}
		words, _ := d.in.Words()
		d.confirm(t)
		var sign, signed partnership.Sign
		var err error
		d.out, sign, err = d.out.Sign(d.seller.Party(), now)
		check(t, err)
		if step > 1 { // the acceptor signed, the inviter never heard of it
			d.reload(t)
			d.seller.Checkpoint() // chains grow meanwhile
			d.meet(t)
			if again, _ := d.out.Words(); again != words {
				t.Fatal("words changed on the way")
			}
			var same partnership.Sign
			d.out, same, err = d.out.Sign(d.seller.Party(), now+5000)
			check(t, err)
			if same.Entry.CID() != sign.Entry.CID() {
				t.Fatal("the acceptor signs another entry in the second run")
			}
		}
		d.in, signed, err = d.in.Sign(sign, d.buyer.Party(), now)
		check(t, err)
		if step > 2 { // the inviter signed, the acceptor never heard of it, and the invitation has expired
			d.reload(t)
			d.buyer.Checkpoint()
			d.meet(t)
			var same partnership.Sign
			d.in, same, err = d.in.Sign(sign, d.buyer.Party(), now+9000)
			check(t, err)
			if same.Entry.CID() != signed.Entry.CID() || d.in.Usable(now+1<<40) != nil {
				t.Fatal("the inviter does not resume what it signed")
			}
		}
		d.out, _, err = d.out.Finish(signed, now)
		check(t, err)
		if step > 3 {
			d.reload(t)
		}
		a, ok := d.in.Paired()
		b, ok2 := d.out.Paired()
		if !ok || !ok2 || a.PID != b.PID {
			t.Fatalf("step %d: not paired", step)
		}
	}
}

func TestPairingRefuses(t *testing.T) {
	mallory := wiretest.New("mallory")
	tests := map[string]struct {
		code string
		run  func(*dialogue) error
	}{
		"an expired invitation": {partnership.CodeExpired, func(d *dialogue) error {
			_, err := partnership.Accept(d.seller.Rand, d.text, d.seller.Party(), offer().Expires)
			return err
		}},
		"an expired invitation at the inviter": {partnership.CodeExpired, func(d *dialogue) error {
			hello, _ := d.out.Hello()
			_, _, err := d.in.Hello(hello, d.buyer.Party(), d.buyer.Rand, offer().Expires)
			return err
		}},
		"one's own invitation": {partnership.CodeSelf, func(d *dialogue) error {
			_, err := partnership.Accept(d.buyer.Rand, d.text, d.buyer.Party(), now)
			return err
		}},
		"a withdrawn invitation": {partnership.CodeWithdrawn, func(d *dialogue) error {
			in, _ := d.in.Withdraw()
			hello, _ := d.out.Hello()
			_, _, err := in.Hello(hello, d.buyer.Party(), d.buyer.Rand, now)
			return err
		}},
		"another company after the first proved": {partnership.CodeBound, func(d *dialogue) error {
			d.meet(t)
			thief, err := partnership.Accept(mallory.Rand, d.text, mallory.Party(), now)
			check(t, err)
			hello, _ := thief.Hello()
			in, challenge, err := d.in.Hello(hello, d.buyer.Party(), d.buyer.Rand, now)
			check(t, err)
			_, reveal, err := thief.Reveal(challenge, mallory.Party())
			check(t, err)
			_, err = in.Prove(reveal)
			return err
		}},
		"an acceptor without the secret": {partnership.CodeSecret, func(d *dialogue) error {
			hello, _ := d.out.Hello()
			in, challenge, err := d.in.Hello(hello, d.buyer.Party(), d.buyer.Rand, now)
			check(t, err)
			_, reveal, err := d.out.Reveal(challenge, d.seller.Party())
			check(t, err)
			reveal.Proof[0] ^= 1
			_, err = in.Prove(reveal)
			return err
		}},
		"an acceptor that reveals something else": {partnership.CodeSecret, func(d *dialogue) error {
			hello, _ := d.out.Hello()
			in, challenge, err := d.in.Hello(hello, d.buyer.Party(), d.buyer.Rand, now)
			check(t, err)
			_, reveal, err := d.out.Reveal(challenge, d.seller.Party())
			check(t, err)
			reveal.Side.Nonce[0] ^= 1
			_, err = in.Prove(reveal)
			return err
		}},
		"an acceptor with another node key": {partnership.CodeNode, func(d *dialogue) error {
			hello, _ := d.out.Hello()
			in, challenge, err := d.in.Hello(hello, d.buyer.Party(), d.buyer.Rand, now)
			check(t, err)
			party := d.seller.Party()
			party.Node = mallory.Node
			_, reveal, err := d.out.Reveal(challenge, party)
			check(t, err)
			_, err = in.Prove(reveal)
			return err
		}},
		"a chain of another company": {partnership.CodeIdentity, func(d *dialogue) error {
			hello, _ := d.out.Hello()
			in, challenge, err := d.in.Hello(hello, d.buyer.Party(), d.buyer.Rand, now)
			check(t, err)
			_, reveal, err := d.out.Reveal(challenge, d.seller.Party())
			check(t, err)
			in, err = in.Prove(reveal)
			check(t, err)
			_, _, err = in.Bind(mallory.Chain.From(0), d.buyer.Party(), d.buyer.Rand, now)
			return err
		}},
		"an inviter that challenges twice": {"other: " + partnership.ErrRestart.Error(), func(d *dialogue) error {
			hello, _ := d.out.Hello()
			in, challenge, err := d.in.Hello(hello, d.buyer.Party(), d.buyer.Rand, now)
			check(t, err)
			out, _, err := d.out.Reveal(challenge, d.seller.Party())
			check(t, err)
			in.Commit = nil
			_, challenge, err = in.Hello(hello, d.buyer.Party(), d.buyer.Rand, now)
			check(t, err)
			_, _, err = out.Reveal(challenge, d.seller.Party())
			return err
		}},
		"a signature before the words": {partnership.CodeTurn, func(d *dialogue) error {
			d.meet(t)
			_, _, err := d.out.Sign(d.seller.Party(), now)
			return err
		}},
		"a signature of another partnership": {partnership.CodeProposal, func(d *dialogue) error {
			d.meet(t)
			d.confirm(t)
			_, sign, err := d.out.Sign(d.seller.Party(), now)
			check(t, err)
			sign.PID = block.Sum([]byte{0})
			_, _, err = d.in.Sign(sign, d.buyer.Party(), now)
			return err
		}},
		"a signature dated ahead": {partnership.CodeSignature, func(d *dialogue) error {
			d.meet(t)
			d.confirm(t)
			_, sign, err := d.out.Sign(d.seller.Party(), now+600_000)
			check(t, err)
			_, _, err = d.in.Sign(sign, d.buyer.Party(), now)
			return err
		}},
		"a signature by another key": {partnership.CodeSignature, func(d *dialogue) error {
			d.meet(t)
			d.confirm(t)
			party := d.seller.Party()
			party.Feed = mallory.Feed
			_, sign, err := d.out.Sign(party, now)
			check(t, err)
			_, _, err = d.in.Sign(sign, d.buyer.Party(), now)
			return err
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := code(test.run(begin(t))); got != test.code {
				t.Fatalf("refused with %q instead of %q", got, test.code)
			}
		})
	}
}

// Whoever stands between must show each side other words: each dialogue has numbers of its own.
func TestWordsDifferPerDialogue(t *testing.T) {
	seen := map[partnership.Words]bool{}
	d := begin(t)
	for range 20 {
		d.meet(t)
		w, _ := d.in.Words()
		if seen[w] {
			t.Fatal("words repeat")
		}
		seen[w] = true
		var err error
		d.out, err = d.out.Restart(d.seller.Rand, d.seller.Party())
		check(t, err)
	}
}
