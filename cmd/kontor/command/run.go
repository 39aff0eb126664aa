package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"github.com/urfave/cli/v2"

	"kontor/node"
	"kontor/node/admin"
	"kontor/node/api"
	"kontor/node/api/wire"
	"kontor/node/desk"
)

// readyDocument is the line kontor run --json prints once the node takes commands.
type readyDocument struct {
	Type         string   `json:"type"` // ready
	Company      string   `json:"company"`
	Name         string   `json:"name"`
	Socket       string   `json:"socket"`
	API          string   `json:"api,omitempty"`
	Addresses    []string `json:"addresses"`
	Milliseconds int64    `json:"milliseconds"`
}

var runVerb = verb{
	name: "run", short: "run the node until it is told to stop", local: true,
	long:     "Says on stderr when it is ready, and stops cleanly on Ctrl-C or SIGTERM. With --json the ready line is a JSON document on stdout.",
	examples: []string{"kontor run", "kontor run --home /var/lib/kontor --log /var/log/kontor.log", "kontor run --api 127.0.0.1:7070"},
	exits:    []int{wire.ExitNoNode, wire.ExitNotNow, wire.ExitMachine},
	flags: []cli.Flag{
		&cli.StringFlag{Name: "key-file", Usage: "`FILE` with the key of the database (0600, outside the database)", DefaultText: "as chosen at init"},
		&cli.StringFlag{Name: "store-passphrase-file", Usage: "`FILE` with the passphrase of the database, where it has one", EnvVars: []string{"KONTOR_STORE_PASSPHRASE_FILE"}},
		&cli.StringFlag{Name: "log", Usage: "`FILE` to append the log to", DefaultText: "stderr"},
		&cli.StringFlag{Name: "record-received", Usage: "append every byte received from partners, decrypted, to `FILE`: for an audit of what reaches this company"},
		&cli.StringFlag{Name: "log-level", Usage: "`LEVEL`: debug, info, warn or error", Value: "info"},
		&cli.StringFlag{Name: "api", Usage: "also answer the API at this loopback `ADDRESS`, for callers with tokens", EnvVars: []string{"KONTOR_API"}},
	},
	run: func(c *call) error {
		started := time.Now()
		limitMemory()
		logger, closeLog, err := openLog(c)
		if err != nil {
			return err
		}
		defer closeLog()
		cfg := node.Config{Home: node.Home(c.home()), KeyFile: c.String("key-file"), Log: logger, Clock: c.now}
		if settings, err := cfg.Home.Settings(); err != nil {
			return err
		} else if settings.StoreKey == node.StorePassphrase && cfg.KeyFile == "" {
			if _, cfg.StorePassphrase, err = c.storeKey(false); err != nil {
				return err
			}
		}
		if path := c.String("record-received"); path != "" {
			record, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
			if err != nil {
				return usagef("open the record: %v", err)
			}
			defer record.Close()
			cfg.Record = record // a file takes appends of many goroutines
		}
		if err := api.CheckFree(cfg.Home.Socket()); err != nil {
			return err
		}
		n, err := node.Open(cfg)
		if err != nil {
			return err
		}
		defer n.Close()
		s, err := openServer(n, c.String("api"))
		if err != nil {
			return err
		}
		defer s.close()
		return s.run(c.Context.Context, func() { c.ready(n, s, time.Since(started)) })
	},
}

// memoryLimit is where the garbage collector becomes eager: a compaction or a large artifact then fills a part of the memory it would
// otherwise leave lying about. It is no bound.
const memoryLimit = 256 << 20

func limitMemory() {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
}

func openLog(c *call) (*slog.Logger, func(), error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.String("log-level"))); err != nil {
		return nil, nil, usagef("--log-level %q: debug, info, warn and error are known", c.String("log-level"))
	}
	out, closeLog := io.Writer(c.stderr), func() {}
	if path := c.String("log"); path != "" {
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
		if err != nil {
			return nil, nil, usagef("open the log: %v", err)
		}
		out, closeLog = f, func() { f.Close() }
	}
	return slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{Level: level})), closeLog, nil
}

func (c *call) ready(n *node.Node, s *server, took time.Duration) {
	doc := readyDocument{Type: "ready", Company: n.Company().String(), Name: n.Name(), Socket: n.Home().Socket(), Milliseconds: took.Milliseconds(), Addresses: []string{}}
	if h := n.Host(); h != nil {
		doc.Addresses = h.Addresses()
	}
	if s.loopback != nil {
		doc.API = "http://" + s.loopback.Addr().String()
	}
	if c.asJSON() {
		printJSON(c.stdout, doc)
		return
	}
	where := ""
	if doc.API != "" {
		where = " and " + doc.API
	}
	c.note("%s is ready (%s), API at %s%s", doc.Name, duration(took), doc.Socket, where)
	if state, why := s.office.State(); state != "ready" {
		c.note("warning: %s: %s", state, why)
	}
}

// server is a node with its API.
type server struct {
	node     *node.Node
	office   *admin.Office
	api      *api.Server
	socket   net.Listener
	loopback net.Listener // nil when not asked for
}

func openServer(n *node.Node, loopback string) (s *server, err error) {
	s = &server{node: n, office: admin.New(n)}
	s.api = api.New(api.Routes(n, s.office), s.office, s.office.State, n.Metrics())
	if loopback != "" {
		if s.loopback, err = api.ListenLoopback(loopback); err != nil {
			return nil, fmt.Errorf("open the API: %w", err)
		}
	}
	if s.socket, err = api.ListenSocket(n.Home().Socket()); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *server) close() {
	for _, l := range []net.Listener{s.socket, s.loopback} {
		if l != nil {
			l.Close()
		}
	}
}

// run keeps node and API until ctx ends or one of them fails; then the API stops first, so that no command meets a closing node.
func (s *server) run(ctx context.Context, ready func()) error {
	serving, stopServing := context.WithCancel(ctx)
	defer stopServing()
	working, stopWorking := context.WithCancel(context.Background())
	defer stopWorking()
	var wg sync.WaitGroup
	errs := make(chan error, 3)
	serve := func(l net.Listener, local bool) {
		defer wg.Done()
		errs <- s.api.Serve(serving, l, local)
		stopServing()
	}
	worked := make(chan struct{})
	go func() {
		defer close(worked)
		passed, folders, answered, accepted, looked := make(chan error, 1), make(chan error, 1), make(chan error, 1), make(chan error, 1), make(chan error, 1)
		planners := desk.New(s.node)
		go func() { passed <- planners.Propagate(working) }()
		go func() { folders <- planners.Folders(working) }()
		go func() { answered <- planners.AnswerRequests(working) }()
		go func() { accepted <- planners.AnswerInside(working) }()
		go func() { looked <- planners.WatchExceptions(working) }()
		errs <- errors.Join(s.node.Run(working), <-passed, <-folders, <-answered, <-accepted, <-looked)
		stopServing()
	}()
	wg.Add(1)
	go serve(s.socket, true)
	if s.loopback != nil {
		wg.Add(1)
		go serve(s.loopback, false)
	}
	ready()
	wg.Wait()
	stopWorking()
	<-worked
	close(errs)
	var all []error
	for err := range errs {
		all = append(all, err)
	}
	return errors.Join(all...)
}
