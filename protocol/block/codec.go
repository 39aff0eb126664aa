package block

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"

	"github.com/fxamacker/cbor/v2"
)

// Block is canonical bytes with their name.
type Block struct {
	CID  CID
	Data []byte
}

// The codec writes canonical bytes by itself but reads more than it writes, so [Validate] stands before it and a
// comparison with the bytes written again behind it. Its own limits are a second fence, no narrower than ours.
var encoder, decoder = codec()

func codec() (cbor.EncMode, cbor.DecMode) {
	enc, err := cbor.EncOptions{
		Sort:          cbor.SortLengthFirst,
		ShortestFloat: cbor.ShortestFloatNone,
		NaNConvert:    cbor.NaNConvertReject,
		InfConvert:    cbor.InfConvertReject,
		BigIntConvert: cbor.BigIntConvertReject,
		IndefLength:   cbor.IndefLengthForbidden,
		NilContainers: cbor.NilContainerAsEmpty,
		TagsMd:        cbor.TagsAllowed,
	}.EncMode()
	if err != nil {
		panic("invariant: encoder options are consistent: " + err.Error())
	}
	simple, err := cbor.NewSimpleValueRegistryFromDefaults(cbor.WithRejectedSimpleValue(23))
	if err != nil {
		panic("invariant: simple value 23 can be refused: " + err.Error())
	}
	dec, err := cbor.DecOptions{
		DupMapKey:         cbor.DupMapKeyEnforcedAPF,
		MaxNestedLevels:   MaxDepth + 2, // it counts a link as a level
		MaxArrayElements:  MaxArray,
		MaxMapPairs:       MaxMap,
		IndefLength:       cbor.IndefLengthForbidden,
		IntDec:            cbor.IntDecConvertSignedOrFail,
		MapKeyByteString:  cbor.MapKeyByteStringForbidden,
		ExtraReturnErrors: cbor.ExtraDecErrorUnknownField,
		UTF8:              cbor.UTF8RejectInvalid,
		FieldNameMatching: cbor.FieldNameMatchingCaseSensitive,
		BignumTag:         cbor.BignumTagForbidden,
		NaN:               cbor.NaNDecodeForbidden,
		Inf:               cbor.InfDecodeForbidden,
		SimpleValues:      simple,
	}.DecMode()
	if err != nil {
		panic("invariant: decoder options are consistent: " + err.Error())
	}
	return enc, dec
}

// Marshal writes v as canonical DAG-CBOR. Structs are maps with the names of their cbor tags; nil slices and maps are
// empty ones. It refuses what [Validate] would refuse to read: floats, undefined CIDs, values beyond the bounds.
func Marshal(v any) ([]byte, error) {
	data, err := encoder.Marshal(v)
	if err != nil {
		return nil, encodeError(v, err)
	}
	if err := Validate(data); err != nil {
		return nil, encodeError(v, err)
	}
	return data, nil
}

func encodeError(v any, cause error) *Error {
	return &Error{Code: CodeEncode, Offset: -1, Text: fmt.Sprintf("write %T", v), Cause: cause}
}

// New writes v as a block.
func New(v any) (Block, error) {
	data, err := Marshal(v)
	if err != nil {
		return Block{}, err
	}
	return Block{Sum(data), data}, nil
}

// Unmarshal reads data into the value v points to. Data must be a valid block, every field must be known to the
// type, and writing the value again must give the same bytes; so two programs that both accept a block hold the same
// value. What *v held before is cleared first; on error *v is the zero value. The error is an [*Error].
func Unmarshal(data []byte, v any) error {
	target := reflect.ValueOf(v)
	if target.Kind() != reflect.Pointer || target.IsNil() {
		panic(fmt.Sprintf("invariant: Unmarshal is given a pointer, not %T", v))
	}
	target.Elem().SetZero()
	if err := Validate(data); err != nil {
		return err
	}
	if err := decode(data, v); err != nil {
		target.Elem().SetZero()
		return err
	}
	return nil
}

func decode(data []byte, v any) *Error {
	if err := decoder.Unmarshal(data, v); err != nil {
		var own *Error
		if errors.As(err, &own) {
			return &Error{Code: own.Code, Offset: -1, Text: fmt.Sprintf("read %T", v), Cause: err}
		}
		return &Error{Code: CodeShape, Offset: -1, Text: fmt.Sprintf("read %T", v), Cause: err}
	}
	again, err := encoder.Marshal(v)
	if err != nil {
		return &Error{Code: CodeRoundTrip, Offset: -1, Text: fmt.Sprintf("read %T: it can't be written again", v), Cause: err}
	}
	if !bytes.Equal(data, again) {
		return &Error{Code: CodeRoundTrip, Offset: firstDifference(data, again),
			Text: fmt.Sprintf("read %T: it would be written otherwise", v)}
	}
	return nil
}

func firstDifference(a, b []byte) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}
