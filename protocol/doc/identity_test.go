package doc

import (
	"fmt"
	"testing"

	"kontor/protocol/block"
	"kontor/protocol/identity"
	"kontor/testnet/virtual"
)

func TestIdentity(t *testing.T) {
	c, err := virtual.NewCompany("agency")
	if err != nil {
		t.Fatal(err)
	}
	envs := c.Chain.From(0)
	var chain []string
	for i, env := range envs {
		var e identity.Entry
		if err := block.Unmarshal(env.Entry, &e); err != nil {
			t.Fatal(err)
		}
		chain = append(chain, fmt.Sprintf("%2d  %-12s  %s", i, e.Kind, env.CID()))
	}
	travels, err := block.Marshal(envs[3])
	if err != nil {
		t.Fatal(err)
	}
	page(t, "identity.md", map[string]string{
		"genesis": "The first entry of a chain holds the genesis, whose CID is the company:\n\n" + fence("company  "+c.ID.String()) + "\n" +
			bytesAndView(t, "The entry", envs[0].Entry) + fence("sig      "+hexed(envs[0].Signatures[0].Sig)),
		"certificate": bytesAndView(t, "An entry as it travels, with a certificate for the COO's key and the root's signature", travels),
		"chain":       fence(chain...),
	})
}
