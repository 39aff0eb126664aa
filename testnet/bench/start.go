package bench

import (
	"bufio"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/dgraph-io/badger/v4"
	"github.com/libp2p/go-libp2p"
	libp2pquic "github.com/libp2p/go-libp2p/p2p/transport/quic"
	"github.com/libp2p/go-libp2p/p2p/transport/tcp"
	"github.com/urfave/cli/v2"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/store"
)

// measureStart starts the kontor program on a home with many entries: until it says that it is ready, what memory it holds after a
// rest, and how long kontor version takes. The limit is a program that opens the same database and a bare libp2p host.
func measureStart(ctx context.Context, b *bench) error {
	kontor, err := b.kontor()
	if err != nil {
		return err
	}
	c, err := pairUp(ctx, b.dir)
	if err != nil {
		return err
	}
	defer c.close()
	home := string(c.agency.home)
	if err := c.stock(ctx, b); err != nil {
		return err
	}
	bare := func() *exec.Cmd {
		return exec.CommandContext(ctx, b.Bare, "bench", "bare", "--home", home)
	}
	run := func() *exec.Cmd {
		return exec.CommandContext(ctx, kontor, "run", "--json", "--home", home, "--log-level", "error")
	}
	entries := thousands(b.Stock)
	_, first, err := start(run(), b.Rest)
	if err != nil {
		return err
	}
	_, floor, err := start(bare(), b.Rest)
	if err != nil {
		return err
	}
	var ready pair
	for range b.Starts {
		took, _, err := start(run(), 0)
		if err != nil {
			return err
		}
		floor, _, err := start(bare(), 0)
		if err != nil {
			return err
		}
		ready.add(took, floor)
	}
	if err := b.emit(ready.milliseconds("start to ready with "+entries+" entries", "process with bare libp2p and the same database").judge(goal{under: 300})); err != nil {
		return err
	}
	// A start after large writes may find compaction due, which holds memory for a while longer; a later one need not.
	_, later, err := start(run(), b.Rest)
	if err != nil {
		return err
	}
	r := Result{Work: fmt.Sprintf("memory %g s after ready, %s entries", b.Rest.Seconds(), entries), Unit: "MiB", Value: first, Limit: floor,
		LimitOf: "process with bare libp2p and the same database", Samples: 1, Parts: map[string]float64{"at_a_later_start": later}}
	if err := b.emit(r.judge(goal{under: 48})); err != nil {
		return err
	}
	var version pair
	for range min(b.Samples, 50) {
		took, err := timed(exec.CommandContext(ctx, kontor, "version"))
		if err != nil {
			return err
		}
		floor, err := timed(exec.CommandContext(ctx, b.Bare, "bench", "bare", "--exit"))
		if err != nil {
			return err
		}
		version.add(took, floor)
	}
	return b.emit(version.milliseconds("kontor version", "process with libp2p and Badger linked that does nothing").judge(goal{under: 20}))
}

func thousands(n int) string {
	if n < 1000 {
		return strconv.Itoa(n)
	}
	return fmt.Sprintf("%s,%03d", thousands(n/1000), n%1000)
}

// kontor finds the program.
func (b *bench) kontor() (string, error) {
	path := b.Kontor
	if path == "" {
		path = filepath.Join(filepath.Dir(b.Bare), "kontor")
	}
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("the kontor program: %w; run make build, or give --kontor FILE", err)
	}
	return path, nil
}

// stockBatch is how many entries one transaction takes while a home is filled.
const stockBatch = 128

// stock fills the agency's database with entries of both members, as if they had come one by one, with both nodes closed.
func (c *couple) stock(ctx context.Context, b *bench) error {
	p, err := c.agency.Partnership(c.pid)
	if err != nil {
		return err
	}
	contract := p.Contract
	var authors []protocol.Author
	for _, o := range []*office{c.agency, c.maker} {
		a, err := o.author(ctx)
		if err != nil {
			return err
		}
		authors = append(authors, a)
	}
	agency, home, now := c.agency, c.agency.home, c.agency.Now()
	ids := contract.Identities
	known := map[block.CID]bool{authors[0].Company: true, authors[1].Company: true}
	if _, held := ids(authors[1].Company, authors[1].IDHead); !held || len(known) != 2 {
		return errors.New("the agency does not hold the maker's identity")
	}
	if err := c.close(); err != nil {
		return err
	}
	key, err := store.LoadKeyFile(filepath.Join(string(home), "store.key"), home.Database())
	if err != nil {
		return err
	}
	db, err := store.Open(store.Options{Dir: home.Database(), Key: key})
	if err != nil {
		return err
	}
	defer db.Close()
	written, own := 0, int64(0)
	for written < b.Stock {
		err := db.Update(func(kv store.KV) error {
			for i := range min(stockBatch, b.Stock-written) {
				r := contract.Open(kv)
				author, d := authors[0], protocol.Draft{Kind: protocol.KindReceipt}
				if i%8 == 7 {
					author = authors[1]
				} else if d, err = agency.recordIn(contract, nil, 128); err != nil {
					return err
				}
				out, err := r.Write(d, author, now)
				if err != nil {
					return err
				}
				if author.Company == authors[0].Company {
					own = out.Admitted[0].Header.Seq
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		if written += stockBatch; written%(stockBatch*100) == 0 {
			b.say("  %d of %d entries stand in the home", written, b.Stock)
		}
	}
	if err := calm(ctx, home.Database()); err != nil {
		return err
	}
	high, err := store.OpenHighWater(filepath.Join(string(home), "highwater"))
	if err != nil {
		return err
	}
	defer high.Close()
	return high.Raise(map[string]int64{c.pid.String(): own})
}

// calm waits until the database has put its files in order: a home that grew over years did so long ago.
func calm(ctx context.Context, dir string) error {
	last, since := "", time.Now()
	for began := since; time.Since(since) < 3*time.Second && time.Since(began) < pairLimit; {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return err
		}
		now := ""
		for _, e := range entries {
			now += e.Name() + " "
		}
		if now != last {
			last, since = now, time.Now()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
	return nil
}

// start runs a program until it prints its first line, lets it rest, reads its memory in MiB, and stops it.
func start(cmd *exec.Cmd, rest time.Duration) (ready time.Duration, rss float64, err error) {
	out, err := cmd.StdoutPipe()
	if err != nil {
		return 0, 0, err
	}
	var complaint strings.Builder
	cmd.Stderr = &complaint
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, 0, err
	}
	_, err = bufio.NewReader(out).ReadString('\n')
	ready = time.Since(began)
	if err == nil && rest > 0 {
		time.Sleep(rest)
		rss, err = resident(cmd.Process.Pid)
	}
	_ = cmd.Process.Signal(syscall.SIGTERM)
	_, _ = io.Copy(io.Discard, out)
	waitErr := cmd.Wait()
	if err != nil {
		return 0, 0, fmt.Errorf("%s: %w: %s", cmd, err, complaint.String())
	}
	var exit *exec.ExitError
	if waitErr != nil && !errors.As(waitErr, &exit) {
		return 0, 0, waitErr
	}
	return ready, rss, nil
}

// resident is the memory of a process in MiB.
func resident(pid int) (float64, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(data))
	if len(fields) < 2 {
		return 0, fmt.Errorf("statm of process %d is %q", pid, data)
	}
	pages, err := strconv.Atoi(fields[1])
	return float64(pages*os.Getpagesize()) / (1 << 20), err
}

// peakMemory runs a program to its end and answers the most memory that it held at once, in MiB. The kernel's account of an ended process
// will not do: it begins with the memory of the process that started it.
func peakMemory(cmd *exec.Cmd) (mib float64, err error) {
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for tick := time.NewTicker(5 * time.Millisecond); ; {
		select {
		case err := <-ended:
			tick.Stop()
			if err == nil && mib == 0 {
				err = errors.New("its memory could not be read from /proc while it ran")
			}
			return mib, err
		case <-tick.C:
			// A process that has just ended has no figures; those of the last look stand.
			if now, err := highWater(cmd.Process.Pid); err == nil {
				mib = max(mib, now)
			}
		}
	}
}

// highWater is the most memory that a process has held so far, in MiB.
func highWater(pid int) (float64, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	_, rest, found := strings.Cut(string(data), "VmHWM:")
	if !found {
		return 0, fmt.Errorf("the status of process %d has no VmHWM", pid)
	}
	fields := strings.Fields(rest)
	if len(fields) < 2 || fields[1] != "kB" {
		return 0, fmt.Errorf("VmHWM of process %d is not in kB", pid)
	}
	kib, err := strconv.Atoi(fields[0])
	return float64(kib) / 1024, err
}

func timed(cmd *exec.Cmd) (time.Duration, error) {
	began := time.Now()
	out, err := cmd.CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("%s: %w: %s", cmd, err, out)
	}
	return time.Since(began), nil
}

// bareCommand is the limit of a start: the database of a home and a libp2p host, and nothing else.
func bareCommand() *cli.Command {
	return &cli.Command{
		Name: "bare", Hidden: true, Usage: "open the database of a home and a bare libp2p host; part of the measurement",
		Flags: []cli.Flag{&cli.StringFlag{Name: "home"}, &cli.BoolFlag{Name: "exit", Usage: "end at once"}},
		Action: func(c *cli.Context) error {
			if c.Bool("exit") {
				return nil
			}
			return openBare(c.Context, c.String("home"), c.App.Writer)
		},
	}
}

func openBare(ctx context.Context, home string, out io.Writer) error {
	text, err := os.ReadFile(filepath.Join(home, "store.key"))
	if err != nil {
		return err
	}
	raw, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil {
		return err
	}
	db, err := badger.Open(store.BadgerOptions(filepath.Join(home, "db"), store.Key(raw)))
	if err != nil {
		return err
	}
	defer db.Close()
	h, err := libp2p.New(libp2p.ListenAddrStrings("/ip4/127.0.0.1/tcp/0"), libp2p.Transport(tcp.NewTCPTransport), libp2p.Transport(libp2pquic.NewTransport),
		libp2p.DisableRelay(), libp2p.DisableMetrics(), libp2p.DisableIdentifyAddressDiscovery())
	if err != nil {
		return err
	}
	defer h.Close()
	fmt.Fprintln(out, "ready")
	<-ctx.Done()
	return nil
}
