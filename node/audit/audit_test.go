package audit_test

import (
	"bytes"
	"testing"

	"kontor/node/audit"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/decision"
)

// Both sides export the same bytes, later entries change nothing, and the file proves the agreement by itself.
func TestAFileProvesAFinalAgreement(t *testing.T) {
	c := final(t)
	file := c.export("agency")
	if !bytes.Equal(file, c.export("maker")) {
		t.Error("the two sides export different files")
	}
	c.does("agency", protocol.KindTopic, decision.Act{Verb: decision.ProposeTopic, Propose: proposal(c)})
	if !bytes.Equal(file, c.export("maker")) {
		t.Error("an entry after finality changes the file")
	}
	r, err := audit.Verify(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	if !r.Final || r.Agreement != c.document || len(r.Signatures) != 4 || len(r.Parties) != 2 || len(r.Checks) != 8 || len(r.Effects) != len(c.doc.Effects) {
		t.Errorf("report: %+v", r)
	}
	want, err := decision.Render(mustBlock(t, c.doc).Data)
	if err != nil || r.Digest != want.Digest.String() {
		t.Errorf("digest %s, the signers saw %s", r.Digest, want.Digest)
	}
}

// A file that is honest but proves no final agreement says which check it does not pass.
func TestWhatIsNotFinalIsSaid(t *testing.T) {
	c := drafted(t)
	for _, step := range []struct {
		who, role string
		want      string
	}{{"", "", audit.CheckSignatures}, {"agency", "COO", audit.CheckQuorum}, {"agency", "CFO", audit.CheckQuorum}, {"maker", "COO", audit.CheckQuorum}, {"maker", "CFO", ""}} {
		if step.who != "" {
			c.signs(step.who, step.role)
		}
		r, err := audit.Verify(bytes.NewReader(c.export("agency")))
		if code(err) != step.want || r.Final != (step.want == "") {
			t.Errorf("after the %s of %s: %v, want %q", step.role, step.who, err, step.want)
		}
	}
}

// Every flipped bit is found: there is no byte in the file that nothing looks at.
func TestEveryFlippedBitIsFound(t *testing.T) {
	file := final(t).export("maker")
	step := 1
	if testing.Short() {
		step = 37
	}
	for at := 0; at < len(file); at += step {
		bit := at % 8
		file[at] ^= 1 << bit
		if r, err := audit.Verify(bytes.NewReader(file)); err == nil || r.Final {
			t.Fatalf("bit %d of byte %d flipped, and the file still verifies", bit, at)
		}
		file[at] ^= 1 << bit
	}
	for _, n := range []int{0, 1, 10, len(file) / 2, len(file) - 1} {
		if _, err := audit.Verify(bytes.NewReader(file[:n])); code(err) != audit.CheckFile {
			t.Errorf("cut to %d bytes: %v", n, err)
		}
	}
	if _, err := audit.Verify(bytes.NewReader(append(bytes.Clone(file), 0))); code(err) != audit.CheckFile {
		t.Errorf("a byte more: %v", err)
	}
}

// Whatever is read, Verify ends with a report, and calls final only what passed every check. Small files are drawn whole; of a real one any run of
// bytes is altered, or its end cut.
func FuzzVerify(f *testing.F) {
	file := final(f).export("maker")
	var small bytes.Buffer
	top := mustBlock(f, index{Type: audit.Type, PID: block.Sum([]byte("p")), Agreement: block.Sum([]byte("a")), Members: []memberPart{}})
	if err := block.WriteCAR(&small, []block.CID{top.CID}, []block.Block{top}); err != nil {
		f.Fatal(err)
	}
	f.Add([]byte{}, 0, 0)
	f.Add(small.Bytes(), -1, 0)
	f.Add([]byte{0x80}, 100, 0)
	f.Add([]byte{1, 2, 3}, 20_000, 0)
	f.Add([]byte{}, 0, 77)
	f.Fuzz(func(t *testing.T, data []byte, at, cut int) {
		read, same := data, false
		if at >= 0 {
			read = bytes.Clone(file)
			for i, x := range data {
				read[(at%len(file)+i)%len(file)] ^= x
			}
			read = read[:len(read)-max(cut, 0)%len(read)]
			same = bytes.Equal(read, file)
		}
		r, err := audit.Verify(bytes.NewReader(read))
		if r.Final != (err == nil) || err == nil && (len(r.Checks) != 8 || !same) {
			t.Errorf("final %t with %v, file as it was: %t", r.Final, err, same)
		}
		for _, c := range r.Checks {
			if c.Code == "" || c.Text == "" {
				t.Errorf("a check without words: %+v", c)
			}
		}
	})
}
