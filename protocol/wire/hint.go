package wire

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"io"
	"time"

	"golang.org/x/crypto/chacha20poly1305"

	"kontor/protocol/block"
	"kontor/protocol/feed"
)

// ChannelKey is the 32 bytes all members of a partnership share. It names and seals the channel of hints, nothing else.
type ChannelKey [32]byte

const (
	channelLabel = "kontor channel v1 "
	tagLabel     = "kontor hint author v1 "
	tagBytes     = 8
	// hintPlain is what is sealed: always as much, so that the size of a hint tells nothing.
	hintPlain = 160
	// HintBytes is the size of every hint on the channel.
	HintBytes = chacha20poly1305.NonceSizeX + hintPlain + chacha20poly1305.Overhead
)

var channelText = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// Channel is the name of a partnership's channel in the ISO week of a time (ms UTC). Subscriptions are told to every connected
// peer, so the name is opaque: without the key it can't be tied to a partnership, nor to its name of another week.
func Channel(key ChannelKey, t int64) string {
	year, week := time.UnixMilli(t).UTC().ISOWeek()
	mac := hmac.New(sha256.New, key[:])
	fmt.Fprintf(mac, "%s%04d-W%02d", channelLabel, year, week)
	return channelText.EncodeToString(mac.Sum(nil))
}

// Channels are the names accepted at a time: of this week and of the last.
func Channels(key ChannelKey, t int64) [2]string {
	const week = 7 * 24 * 60 * 60 * 1000
	return [2]string{Channel(key, t), Channel(key, t-week)}
}

// Hint says that an author has written up to a head. It is not proof of anything and carries nothing but a reason to ask.
type Hint struct {
	Tag  []byte    `cbor:"tag"` // AuthorTag of the author
	Seq  int64     `cbor:"seq"`
	Head block.CID `cbor:"head"`
}

// Check implements [Message].
func (h Hint) Check() error {
	if len(h.Tag) != tagBytes || h.Seq < 1 || h.Seq > feed.MaxSeq {
		return fmt.Errorf("hint has a tag of %d bytes and seq %d", len(h.Tag), h.Seq)
	}
	return nil
}

// AuthorTag stands for a company inside the hints of one partnership.
func AuthorTag(key ChannelKey, author block.CID) []byte {
	mac := hmac.New(sha256.New, key[:])
	mac.Write([]byte(tagLabel))
	mac.Write(author.Bytes())
	return mac.Sum(nil)[:tagBytes]
}

// SealHint seals a hint for a channel: nonce and XChaCha20-Poly1305 box, HintBytes in all. Rand gives 24 bytes that never repeat.
func SealHint(rand io.Reader, key ChannelKey, channel string, h Hint) ([]byte, error) {
	if err := h.Check(); err != nil {
		return nil, err
	}
	data, err := block.Marshal(h)
	if err != nil {
		return nil, err
	}
	plain := make([]byte, hintPlain)
	if len(data)+2 > hintPlain {
		return nil, fmt.Errorf("seal hint: %d bytes do not fit", len(data))
	}
	binary.BigEndian.PutUint16(plain, uint16(len(data)))
	copy(plain[2:], data)
	aead, err := chacha20poly1305.NewX(key[:])
	if err != nil {
		return nil, err
	}
	box := make([]byte, chacha20poly1305.NonceSizeX, HintBytes)
	if _, err := io.ReadFull(rand, box); err != nil {
		return nil, fmt.Errorf("seal hint: read randomness: %w", err)
	}
	return aead.Seal(box, box, plain, []byte(channel)), nil
}

// OpenHint opens what a member sealed for this channel.
func OpenHint(key ChannelKey, channel string, box []byte) (Hint, error) {
	if len(box) != HintBytes {
		return Hint{}, fmt.Errorf("hint has %d bytes instead of %d", len(box), HintBytes)
	}
	aead, err := chacha20poly1305.NewX(key[:])
	if err != nil {
		return Hint{}, err
	}
	nonce := box[:chacha20poly1305.NonceSizeX]
	plain, err := aead.Open(nil, nonce, box[len(nonce):], []byte(channel))
	if err != nil {
		return Hint{}, fmt.Errorf("hint does not open with the key of its channel")
	}
	n := int(binary.BigEndian.Uint16(plain))
	if n > len(plain)-2 || len(bytes.Trim(plain[2+n:], "\x00")) != 0 {
		return Hint{}, fmt.Errorf("hint has a length of %d or bytes behind it", n)
	}
	h, err := Decode[Hint](plain[2 : 2+n])
	if err != nil {
		return Hint{}, err
	}
	return h, nil
}
