package bench

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dgraph-io/badger/v4"
	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/libp2p/go-libp2p/p2p/transport/tcp"

	"kontor/crypto/keys"
	"kontor/crypto/sign"
	"kontor/store"
)

// This file is the machine without us: a database, a stream, signatures.

// bareStore opens a database with the settings and the encryption of a node's.
func bareStore(dir string) (*badger.DB, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	var key store.Key
	if _, err := rand.Read(key[:]); err != nil {
		return nil, err
	}
	return badger.Open(store.BadgerOptions(filepath.Clean(dir), key))
}

// commitShape writes records of a shape, with fresh random bytes, in one synced transaction.
func commitShape(db *badger.DB, s shape) (time.Duration, error) {
	keys, values := make([][]byte, len(s)), make([][]byte, len(s))
	for i, r := range s {
		keys[i], values[i] = make([]byte, r.key), make([]byte, r.value)
		rand.Read(keys[i])
		rand.Read(values[i])
	}
	began := time.Now()
	t := db.NewTransaction(true)
	defer t.Discard()
	for i, r := range s {
		var err error
		if r.deleted {
			err = t.Delete(keys[i])
		} else {
			err = t.Set(keys[i], values[i])
		}
		if err != nil {
			return 0, err
		}
	}
	err := t.Commit()
	return time.Since(began), err
}

// fillBytes is how much one synced transaction of a fill holds: as much as a node's.
const fillBytes = 16 << 20

// fill writes blocks in synced transactions.
func fill(db *badger.DB, blocks [][]byte) (time.Duration, error) {
	began := time.Now()
	for at := 0; at < len(blocks); {
		t := db.NewTransaction(true)
		for size := 0; at < len(blocks) && size < fillBytes; at++ {
			key := make([]byte, 65)
			rand.Read(key)
			if err := t.Set(key, blocks[at]); err != nil {
				t.Discard()
				return 0, err
			}
			size += len(blocks[at])
		}
		if err := t.Commit(); err != nil {
			return 0, err
		}
	}
	return time.Since(began), nil
}

const (
	echoID protocol.ID = "/bench/echo/1"
	sinkID protocol.ID = "/bench/sink/1"
)

// wire is a bare stream between two hosts with a node's transport.
type wire struct {
	hosts [2]host.Host
	echo  network.Stream
	sink  network.Stream
}

func newWire(ctx context.Context) (w *wire, err error) {
	w = &wire{}
	defer func() {
		if err != nil {
			w.close()
		}
	}()
	for i := range w.hosts {
		if w.hosts[i], err = libp2p.New(libp2p.ListenAddrStrings("/ip4/127.0.0.1/tcp/0"), libp2p.Transport(tcp.NewTCPTransport),
			libp2p.DisableRelay(), libp2p.DisableMetrics(), libp2p.DisableIdentifyAddressDiscovery()); err != nil {
			return w, err
		}
	}
	w.hosts[1].SetStreamHandler(echoID, func(s network.Stream) { _ = serveEcho(s) })
	w.hosts[1].SetStreamHandler(sinkID, func(s network.Stream) { _ = serveSink(s) })
	if err = w.hosts[0].Connect(ctx, peer.AddrInfo{ID: w.hosts[1].ID(), Addrs: w.hosts[1].Addrs()}); err != nil {
		return w, err
	}
	if w.echo, err = w.hosts[0].NewStream(ctx, w.hosts[1].ID(), echoID); err != nil {
		return w, err
	}
	w.sink, err = w.hosts[0].NewStream(ctx, w.hosts[1].ID(), sinkID)
	return w, err
}

func (w *wire) close() {
	for _, h := range w.hosts {
		if h != nil {
			h.Close()
		}
	}
}

// serveEcho answers each request, a length, the length of the answer and that many bytes, with an answer.
func serveEcho(s network.Stream) error {
	r := bufio.NewReader(s)
	var head [8]byte
	for {
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return err
		}
		if _, err := io.CopyN(io.Discard, r, int64(binary.BigEndian.Uint32(head[:4]))); err != nil {
			return err
		}
		if _, err := s.Write(make([]byte, binary.BigEndian.Uint32(head[4:]))); err != nil {
			return err
		}
	}
}

// roundTrip sends and receives bytes on an open stream.
func (w *wire) roundTrip(send, receive int) (time.Duration, error) {
	message := make([]byte, 8+send)
	binary.BigEndian.PutUint32(message, uint32(send))
	binary.BigEndian.PutUint32(message[4:], uint32(receive))
	rand.Read(message[8:])
	answer := make([]byte, receive)
	began := time.Now()
	if _, err := w.echo.Write(message); err != nil {
		return 0, err
	}
	_, err := io.ReadFull(w.echo, answer)
	return time.Since(began), err
}

// serveSink reads a length and that many bytes, and answers with one.
func serveSink(s network.Stream) error {
	buf := make([]byte, 64<<10)
	for {
		if _, err := io.ReadFull(s, buf[:8]); err != nil {
			return err
		}
		if _, err := io.CopyBuffer(onlyWriter{}, io.LimitReader(s, int64(binary.BigEndian.Uint64(buf))), buf); err != nil {
			return err
		}
		if _, err := s.Write([]byte{1}); err != nil {
			return err
		}
	}
}

type onlyWriter struct{}

func (onlyWriter) Write(p []byte) (int, error) { return len(p), nil }

// pour sends blocks one way and waits until the last has arrived.
func (w *wire) pour(blocks [][]byte) (time.Duration, error) {
	total := 0
	for _, b := range blocks {
		total += len(b)
	}
	began := time.Now()
	if err := binary.Write(w.sink, binary.BigEndian, uint64(total)); err != nil {
		return 0, err
	}
	for _, b := range blocks {
		if _, err := w.sink.Write(b); err != nil {
			return 0, err
		}
	}
	_, err := io.ReadFull(w.sink, make([]byte, 1))
	return time.Since(began), err
}

// pen signs and verifies as entries and documents are.
type pen struct {
	key keys.Private
	sig []byte
	msg []byte
}

func newPen(size int) (pen, error) {
	key, err := keys.Generate(rand.Reader)
	if err != nil {
		return pen{}, err
	}
	p := pen{key: key, msg: make([]byte, size)}
	rand.Read(p.msg)
	p.sig = sign.Sign(key, "bench", p.msg)
	return p, nil
}

// strokes signs and verifies n times.
func (p pen) strokes(signatures, verifications int) (time.Duration, error) {
	began := time.Now()
	for range signatures {
		sign.Sign(p.key, "bench", p.msg)
	}
	for range verifications {
		if err := sign.Verify(p.key.Public(), "bench", p.msg, p.sig); err != nil {
			return 0, fmt.Errorf("a good signature failed: %w", err)
		}
	}
	return time.Since(began), nil
}

// verifyRate is how many signatures all cores verify in a second.
func (p pen) verifyRate(d time.Duration) (float64, error) {
	var count atomic.Int64
	var failed atomic.Pointer[error]
	var wg sync.WaitGroup
	began := time.Now()
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			pub := p.key.Public()
			for time.Since(began) < d {
				if err := sign.Verify(pub, "bench", p.msg, p.sig); err != nil {
					failed.Store(&err)
					return
				}
				count.Add(1)
			}
		})
	}
	wg.Wait()
	if err := failed.Load(); err != nil {
		return 0, *err
	}
	return perSecond(float64(count.Load()), time.Since(began)), nil
}
