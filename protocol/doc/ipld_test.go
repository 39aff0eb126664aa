package doc

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/ipfs/go-cid"
	cbornode "github.com/ipfs/go-ipld-cbor"
	"github.com/ipld/go-car/v2"

	"kontor/node/outlet"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/campaign"
	"kontor/protocol/decision"
	"kontor/protocol/quality"
	"kontor/testnet/virtual"
)

// exported are the blocks of one artifact of every kind, and of an agreement, by document type.
func exported(t *testing.T) map[string][]block.Block {
	p := newPlay(t)
	p.share()
	p.agree()
	at := p.scene.Now
	out := map[string][]block.Block{decision.AgreementType: {*p.document.Body}}
	for _, doc := range []any{
		virtual.Forecast("f", 0, nil, at, 100, 120), virtual.Plan("p", 0, nil, &p.forecast.Body.CID, at, 110),
		virtual.Answer("a", 0, nil, at, p.forecast.Body.CID, virtual.Forecast("agency", 0, nil, at, 100, 120, 140)),
		virtual.Campaign("c", 0, nil, at, campaign.Active, 7), virtual.Quality("q", 0, nil, at, quality.Blocked, 3), virtual.Terms("t", 0, nil, at, 250),
		virtual.Performance("r", 0, nil, at, calendar.MustBucket("2026-10"), true, 99), virtual.Products("m", 0, nil, at, 60),
	} {
		draft, err := virtual.Share(doc)
		p.check(err)
		typ, err := block.SheetType(draft.Body.Data)
		p.check(err)
		out[typ] = append([]block.Block{*draft.Body}, draft.Blocks...)
	}
	return out
}

// What is exported is read with none of our packages: the CAR by go-car, its blocks by the codec of go-ipld-cbor, which shares no code with the one that writes
// them, and the DAG-JSON by the standard library and the few lines below, from which that codec makes blocks of the same CIDs.
func TestExportsAreReadByAnotherIPLD(t *testing.T) {
	kinds := exported(t)
	for _, kind := range protocol.ArtifactKinds() {
		if typ := protocol.ArtifactType(kind); kinds[typ] == nil {
			t.Errorf("no artifact of the type %s is exported here", typ)
		}
	}
	for typ, blocks := range kinds {
		var file, text bytes.Buffer
		if err := outlet.Blocks(&file, outlet.CARFile, blocks); err != nil {
			t.Fatal(err)
		}
		if err := outlet.Blocks(&text, outlet.DAGJSON, blocks); err != nil {
			t.Fatal(err)
		}
		inFile := readCAR(t, typ, &file, blocks[0].CID.String())
		if len(inFile) != len(blocks) {
			t.Errorf("%s: %d blocks in the file, %d were written", typ, len(inFile), len(blocks))
		}
		var doc struct {
			Root   map[string]string          `json:"root"`
			Blocks map[string]json.RawMessage `json:"blocks"`
		}
		if err := json.Unmarshal(text.Bytes(), &doc); err != nil {
			t.Fatalf("%s: %v", typ, err)
		}
		if doc.Root["/"] != blocks[0].CID.String() || len(doc.Blocks) != len(blocks) {
			t.Errorf("%s: DAG-JSON with the root %v and %d blocks", typ, doc.Root, len(doc.Blocks))
		}
		for id, view := range doc.Blocks {
			value, err := fromDAGJSON(view)
			if err != nil {
				t.Errorf("%s %s: %v", typ, id, err)
				continue
			}
			data, err := cbornode.DumpObject(value)
			if err != nil || !bytes.Equal(data, inFile[id]) {
				t.Errorf("%s %s: its DAG-JSON makes another block (%v)\n%s", typ, id, err, view)
			}
		}
	}
}

// readCAR reads the blocks of a CAR file by CID, each checked against it and written again by another codec.
func readCAR(t *testing.T, typ string, file io.Reader, root string) map[string][]byte {
	t.Helper()
	r, err := car.NewBlockReader(file)
	if err != nil {
		t.Fatalf("%s: %v", typ, err)
	}
	if r.Version != 1 || len(r.Roots) != 1 || r.Roots[0].String() != root {
		t.Errorf("%s: version %d, roots %v", typ, r.Version, r.Roots)
	}
	out := map[string][]byte{}
	for {
		b, err := r.Next()
		if err == io.EOF {
			return out
		}
		if err != nil {
			t.Fatalf("%s: %v", typ, err)
		}
		sum := sha256.Sum256(b.RawData())
		if want := append([]byte{1, 0x71, 0x12, 32}, sum[:]...); !bytes.Equal(b.Cid().Bytes(), want) {
			t.Errorf("%s: %s is not the CID of its bytes", typ, b.Cid())
		}
		var value any
		if err := cbornode.DecodeInto(b.RawData(), &value); err != nil {
			t.Errorf("%s %s: %v", typ, b.Cid(), err)
			continue
		}
		if again, err := cbornode.DumpObject(value); err != nil || !bytes.Equal(again, b.RawData()) {
			t.Errorf("%s %s: another codec writes other bytes: %v", typ, b.Cid(), err)
		}
		out[b.Cid().String()] = b.RawData()
	}
}

// fromDAGJSON reads a value as the DAG-JSON specification has it: {"/": CID} is a link, {"/": {"bytes": base64}} bytes.
func fromDAGJSON(data []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var value any
	if err := d.Decode(&value); err != nil {
		return nil, err
	}
	return unwrapped(value)
}

func unwrapped(value any) (_ any, err error) {
	switch v := value.(type) {
	case json.Number:
		if strings.ContainsAny(v.String(), ".eE") {
			return nil, fmt.Errorf("%s is no integer", v)
		}
		return v.Int64()
	case []any:
		for i := range v {
			if v[i], err = unwrapped(v[i]); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		if at, one := v["/"]; one && len(v) == 1 {
			switch at := at.(type) {
			case string:
				return cid.Decode(at)
			case map[string]any:
				text, ok := at["bytes"].(string)
				if !ok || len(at) != 1 {
					return nil, fmt.Errorf("%v is neither a link nor bytes", at)
				}
				return base64.RawStdEncoding.DecodeString(text)
			}
		}
		for k := range v {
			if v[k], err = unwrapped(v[k]); err != nil {
				return nil, err
			}
		}
	}
	return value, nil
}
