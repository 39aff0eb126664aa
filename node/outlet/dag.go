package outlet

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"

	"github.com/ipld/go-ipld-prime/codec/dagcbor"
	"github.com/ipld/go-ipld-prime/codec/dagjson"
	"github.com/ipld/go-ipld-prime/node/basicnode"

	"kontor/protocol/block"
)

// Blocks writes an artifact's blocks, the root first: as a CAR file, or as DAG-JSON
// of the form {"root": link, "blocks": {"bafy...": node}}. Any IPLD tool reads both.
func Blocks(w io.Writer, format Format, all []block.Block) error {
	if len(all) == 0 {
		return fmt.Errorf("there is no block to write")
	}
	switch format {
	case CARFile:
		return block.WriteCAR(w, []block.CID{all[0].CID}, all)
	case DAGJSON:
	default:
		return fmt.Errorf("blocks are not written as %q; want car or dag-json", format)
	}
	// Keys of a DAG-JSON map are sorted; "blocks" comes before "root".
	if _, err := io.WriteString(w, `{"blocks":{`); err != nil {
		return err
	}
	rest := slices.SortedFunc(slices.Values(all), func(a, b block.Block) int { return cmp.Compare(a.CID.String(), b.CID.String()) })
	for i, b := range rest {
		node := basicnode.Prototype.Any.NewBuilder()
		if err := (dagcbor.DecodeOptions{AllowLinks: true}).Decode(node, bytes.NewReader(b.Data)); err != nil {
			return fmt.Errorf("block %s: %w", b.CID, err)
		}
		var text bytes.Buffer
		if err := dagjson.Encode(node.Build(), &text); err != nil {
			return fmt.Errorf("block %s: %w", b.CID, err)
		}
		comma := ","
		if i == 0 {
			comma = ""
		}
		if _, err := fmt.Fprintf(w, "%s%q:%s", comma, b.CID.String(), text.Bytes()); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(w, `},"root":{"/":%q}}`, all[0].CID.String())
	return err
}
