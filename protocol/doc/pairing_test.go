package doc

import (
	"fmt"
	"testing"

	"kontor/protocol/block"
	"kontor/protocol/identity"
	"kontor/protocol/partnership"
	"kontor/protocol/wire/wiretest"
)

func TestPairing(t *testing.T) {
	const now = wiretest.Begin + 3_600_000
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	buyer, seller := wiretest.New("buyer"), wiretest.New("seller")
	inviter, acceptor := buyer.Party("/ip4/192.0.2.1/tcp/4001"), seller.Party("/ip4/192.0.2.2/tcp/4001")
	in, text, err := partnership.Invite(buyer.Rand, inviter, partnership.Offer{Role: partnership.RoleSeller,
		Materiality: identity.Amount{Minor: 10_000_00, Currency: "USD"}, Products: []string{"ZDV-300"}, Expires: now + 7*86_400_000})
	check(err)
	out, err := partnership.Accept(seller.Rand, text, acceptor, now)
	check(err)
	hello, err := out.Hello()
	check(err)
	in, challenge, err := in.Hello(hello, inviter, buyer.Rand, now)
	check(err)
	out, reveal, err := out.Reveal(challenge, acceptor)
	check(err)
	in, err = in.Prove(reveal)
	check(err)
	in, answer, err := in.Bind(acceptor.Chain, inviter, buyer.Rand, now)
	check(err)
	out, err = out.Prove(answer, acceptor)
	check(err)
	out, err = out.Bind(inviter.Chain, now)
	check(err)
	in, err = in.Confirm()
	check(err)
	out, err = out.Confirm()
	check(err)
	out, theirs, err := out.Sign(acceptor, now)
	check(err)
	in, ours, err := in.Sign(theirs, inviter, now)
	check(err)
	out, done, err := out.Finish(ours, now)
	check(err)
	words, _ := in.Words()
	if same, _ := out.Words(); same != words {
		t.Fatal("the screens show other words")
	}
	paired, ok := in.Paired()
	if both, _ := out.Paired(); !ok || both.PID != paired.PID {
		t.Fatal("the two sides hold other partnerships")
	}

	token, err := block.Marshal(in.Token)
	check(err)
	genesis, err := block.Marshal(paired.Genesis)
	check(err)
	message := func(name string, v any) string {
		data, err := block.Marshal(v)
		check(err)
		return fmt.Sprintf("%s, %d bytes:\n\n", name, len(data)) + fence(view(t, data))
	}
	third := wiretest.New("third")
	circle := partnership.Genesis{Materiality: paired.Genesis.Materiality, Scopes: paired.Genesis.Scopes, Channel: paired.Genesis.Channel}
	for _, c := range []*wiretest.Company{buyer, seller, third} {
		role := partnership.RoleSeller
		if c == buyer {
			role = partnership.RoleBuyer
		}
		circle.Members = append(circle.Members, c.Member(role))
	}
	circle, err = partnership.New(circle)
	check(err)
	proposal, err := partnership.ProposeCircle(buyer.Rand, circle, paired.ChannelKey, buyer.ID, seller.Seal.Public(), now+30*86_400_000)
	check(err)
	if key, err := proposal.ChannelKey(seller.Seal); err != nil || key != paired.ChannelKey {
		t.Fatalf("the channel key read is another: %v", err)
	}
	circleID, err := circle.ID()
	check(err)

	lines := ""
	for rest := text; rest != ""; {
		n := min(96, len(rest))
		lines, rest = lines+rest[:n]+"\n", rest[n:]
	}
	throwaway, err := in.Token.Throwaway()
	check(err)
	page(t, "pairing.md", map[string]string{
		"token": fmt.Sprintf("The invitation `%s`, %d characters in one line when it is passed on:\n\n", in.Token.ID(), len(text)) + fence(lines[:len(lines)-1]) +
			fmt.Sprintf("\nIts content, %d bytes:\n\n", len(token)) + fence(hexed(token)) + "\n" + fence(view(t, token)) + "\n" +
			fence("throw-away key  "+throwaway.Public().Hex()),
		"dialogue": message("Hello", hello) + "\n" + message("Challenge", challenge) + "\n" + message("Reveal", reveal) + "\n" + message("Answer", answer),
		"circle": message("The proposal of a circle by the buyer to the seller, whose partnership they have", proposal) +
			"\n" + fence("circle  "+circleID.String()),
		"words":   fence("words  " + words.String()),
		"genesis": bytesAndView(t, "The genesis both build", genesis) + "\n" + message("The acceptor's Sign; the inviter's has the same form", theirs) + "\n" + message("Done", done),
	})
}
