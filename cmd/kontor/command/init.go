package command

import (
	"crypto/rand"
	"fmt"
	"io"
	"math/big"
	"net"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"kontor/node"
	"kontor/node/api/wire"
)

// initDocument is what kontor init --json prints.
type initDocument struct {
	Company string   `json:"company"` // CompanyID
	Name    string   `json:"name"`
	Home    string   `json:"home"`
	Listen  []string `json:"listen"`
	Sealed  bool     `json:"roots_sealed"`
}

var initVerb = verb{
	name: "init", short: "found a company in a new home", local: true,
	long: "Makes the company's keys, its identity and its database. The root keys are sealed by a passphrase, asked for twice or read from --passphrase-file; keep a copy of\n" +
		"keys/root.key and keys/root-next.key where this machine can't lose them. The database is encrypted with a key in store.key (mode 0600) unless --key-file or\n" +
		"--store-passphrase-file says otherwise. Without --listen a free port is chosen and kept; port 0 leaves the choice to the system, and is kept too.",
	examples: []string{`kontor init --company "Acme Tablets"`, `kontor init --company Acme --listen /ip4/192.0.2.7/tcp/4001 --passphrase-file secret`},
	exits:    []int{wire.ExitNotNow, wire.ExitMachine},
	flags: []cli.Flag{
		&cli.StringFlag{Name: "company", Usage: "`NAME` by which partners know the company"},
		&cli.StringSliceFlag{Name: "listen", Usage: "`MULTIADDR` to listen at for partners; may be repeated"},
		&cli.BoolFlag{Name: "no-passphrase", Usage: "leave the root keys unsealed: for demonstrations"},
		&cli.BoolFlag{Name: "dual-hat", Usage: "one person may hold several roles; fixed for ever"},
		&cli.StringFlag{Name: "key-file", Usage: "make the key of the database in `FILE`, outside the database", DefaultText: "store.key in the home"},
		&cli.StringFlag{Name: "store-passphrase-file", Usage: "derive the key of the database from the passphrase in `FILE` instead", EnvVars: []string{"KONTOR_STORE_PASSPHRASE_FILE"}},
		passphraseFlag(),
	},
	run: func(c *call) error {
		if c.String("company") == "" {
			return missing("company", "the name by which partners know the company")
		}
		if err := node.Home(c.home()).Vacant(); err != nil {
			return err
		}
		passphrase, found, err := c.rootPassphrase()
		if err != nil {
			return err
		}
		listen := c.StringSlice("listen")
		if len(listen) == 0 {
			if listen, err = freeAddresses(); err != nil {
				return err
			}
		}
		keyFile, storePassphrase, err := c.storeKey(true)
		if err != nil {
			return err
		}
		home := node.Home(c.home())
		id, err := node.Init(home, node.InitOptions{Company: c.String("company"), Listen: listen, Passphrase: passphrase, DualHat: c.Bool("dual-hat"),
			KeyFile: keyFile, StorePassphrase: storePassphrase, Now: c.now()})
		if err != nil {
			return err
		}
		if !found {
			c.note("warning: the root keys in %s/keys are not sealed by a passphrase, only by their mode 0600; whoever reads them is the company", home)
		}
		where := keyFile
		switch {
		case storePassphrase != nil:
			where = "derived from the passphrase, which kontor run needs"
		case where == "":
			where = filepath.Join(string(home), "store.key") + " (mode 0600): back it up apart from the database"
		}
		doc := initDocument{Company: id.String(), Name: c.String("company"), Home: string(home), Listen: listen, Sealed: found}
		return c.print(doc, func(w io.Writer) {
			facts(w, "company", doc.Name, "company ID", doc.Company, "home", doc.Home, "root keys", filepath.Join(doc.Home, "keys", "root.key")+" and root-next.key: copy them to a safe place",
				"database key", where)
			fmt.Fprintf(w, "\nStart its node with: kontor run --home %s\n", doc.Home)
		})
	},
}

// rootPassphrase is what seals the root keys. Leaving them open has to be said: whoever reads them is the company.
func (c *call) rootPassphrase() (passphrase []byte, found bool, err error) {
	if c.Bool("no-passphrase") {
		return nil, false, nil
	}
	passphrase, found, err = c.passphrase("to seal the root keys", true)
	if err == nil && !found {
		p := wire.Problemf("PASSPHRASE_MISSING", "no passphrase is given to seal the root keys; nothing was made")
		p.Next = "run it on a terminal, or with --passphrase-file FILE; for a demonstration --no-passphrase"
		err = p
	}
	return passphrase, found, err
}

// Ports for partners are chosen below those that systems give to outgoing connections (32768 and up), so that none is taken when the
// node starts again.
const (
	firstPort = 20000
	lastPort  = 32000
	portTries = 100
)

// freeAddresses chooses a port that is free now for TCP and QUIC. It is kept: partners dial a node where it was.
func freeAddresses() ([]string, error) {
	var last error
	for range portTries {
		n, err := rand.Int(rand.Reader, big.NewInt(lastPort-firstPort))
		if err != nil {
			return nil, err
		}
		port := firstPort + int(n.Int64())
		if last = isFree(port); last == nil {
			return []string{fmt.Sprintf("/ip4/0.0.0.0/tcp/%d", port), fmt.Sprintf("/ip4/0.0.0.0/udp/%d/quic-v1", port)}, nil
		}
	}
	return nil, fmt.Errorf("no free port between %d and %d, name one with --listen: %w", firstPort, lastPort, last)
}

func isFree(port int) error {
	address := fmt.Sprintf("0.0.0.0:%d", port)
	tcp, err := net.Listen("tcp4", address)
	if err != nil {
		return err
	}
	defer tcp.Close()
	udp, err := net.ListenPacket("udp4", address)
	if err != nil {
		return err
	}
	return udp.Close()
}

// storeKey reads where the key of the database comes from: a file, a passphrase, or neither. A fresh database gets a passphrase only when a
// file names one.
func (c *call) storeKey(fresh bool) (path string, passphrase []byte, err error) {
	if path = c.String("key-file"); path != "" {
		path, err = filepath.Abs(path)
		return path, nil, err
	}
	if fresh && c.String("store-passphrase-file") == "" {
		return "", nil, nil
	}
	passphrase, _, err = c.passphraseFrom("store-passphrase-file", "of the database", fresh)
	return "", passphrase, err
}
