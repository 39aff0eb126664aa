package command

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"kontor/node"
	"kontor/node/admin"
	"kontor/node/api/wire"
	"kontor/node/client"
)

// backupDocument is what kontor backup --json prints.
type backupDocument struct {
	File  string `json:"file"`
	Bytes int64  `json:"bytes"`
}

var backupVerb = verb{
	name: "backup", short: "write an encrypted backup of the whole company", args: "FILE", most: 1,
	long: "Holds database, settings, keys (root and officers' keys as sealed as they are) and the high-water file, encrypted with age to a passphrase or to recipients.\n" +
		"The node keeps working. FILE appears when it is complete; an existing one is not replaced.",
	examples: []string{"kontor backup acme-2026-11-22.kontor", "kontor backup acme.kontor --recipient age1..."},
	exits:    []int{wire.ExitNotNow, wire.ExitMachine},
	flags: []cli.Flag{
		&cli.StringSliceFlag{Name: "recipient", Usage: "encrypt to an age `RECIPIENT` instead of a passphrase"},
		passphraseFlag(),
	},
	run: func(c *call) error {
		req := wire.BackupRequest{Recipients: c.StringSlice("recipient")}
		if len(req.Recipients) == 0 {
			passphrase, found, err := c.passphrase("to encrypt the backup", true)
			if err != nil {
				return err
			}
			if !found {
				p := wire.Problemf("PASSPHRASE_MISSING", "no passphrase is given to encrypt the backup")
				p.Next = "run it on a terminal, or with --passphrase-file FILE, or with --recipient age1..."
				return p
			}
			req.Passphrase = string(passphrase)
		}
		return writeBackup(c, c.Args().First(), req)
	},
}

// writeBackup writes beside the file and moves it there when it is complete and on disk.
func writeBackup(c *call, path string, req wire.BackupRequest) error {
	if _, err := os.Lstat(path); err == nil {
		return wire.Problemf("ALREADY_THERE", "%s exists; a backup never replaces a file", path)
	}
	n, err := c.node()
	if err != nil {
		return err
	}
	defer n.Close()
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".part-*")
	if err != nil {
		return usagef("write the backup: %v", err)
	}
	defer os.Remove(f.Name())
	err = client.Download(c.Context.Context, n, wire.Backup, req, f)
	size, _ := f.Seek(0, io.SeekCurrent)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil {
		return fmt.Errorf("write the backup: %w", err)
	}
	return c.print(backupDocument{path, size}, func(w io.Writer) { fmt.Fprintf(w, "%s holds the backup (%s).\n", path, bytesText(size)) })
}

var restoreVerb = verb{
	name: "restore", short: "make a home from a backup", args: "FILE", most: 1, local: true,
	long: "The home must not exist or be empty; after an error it is as it was. The node that starts there only reads until, in each partnership, a partner has given our own\n" +
		"entries back or confirmed that it holds no more. Never run two homes of one company.",
	examples: []string{"kontor restore acme-2026-11-22.kontor --home /var/lib/kontor"},
	exits:    []int{wire.ExitNotNow, wire.ExitMachine},
	flags: []cli.Flag{
		&cli.StringFlag{Name: "identity-file", Usage: "`FILE` with the age identity that opens the backup, instead of a passphrase"},
		passphraseFlag(),
	},
	run: func(c *call) error {
		f, err := os.Open(c.Args().First())
		if err != nil {
			return usagef("read the backup: %v", err)
		}
		defer f.Close()
		var passphrase []byte
		identity := ""
		if path := c.String("identity-file"); path != "" {
			if identity, err = ageIdentity(path); err != nil {
				return err
			}
		} else {
			var found bool
			if passphrase, found, err = c.passphrase("of the backup", false); err != nil {
				return err
			} else if !found {
				p := wire.Problemf("PASSPHRASE_MISSING", "no passphrase is given to open the backup")
				p.Next = "run it on a terminal, or with --passphrase-file FILE, or with --identity-file FILE"
				return p
			}
		}
		r, err := admin.Restore(node.Home(c.home()), f, passphrase, identity)
		if err != nil {
			return err
		}
		return c.print(r, func(w io.Writer) {
			facts(w, "company", r.Name, "company ID", r.Company, "home", c.home(), "backup of", moment(r.Taken), "records", fmt.Sprint(r.Records))
			fmt.Fprintf(w, "\nIt only reads until partners have confirmed it. Start it with: kontor run --home %s\n", c.home())
		})
	},
}

// ageIdentity finds the identity in a file as age-keygen writes it.
func ageIdentity(path string) (string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return "", usagef("read the identity: %v", err)
	}
	for _, line := range strings.Split(string(data), "\n") {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "AGE-SECRET-KEY-") {
			return line, nil
		}
	}
	return "", usagef("%s holds no age identity (AGE-SECRET-KEY-...)", path)
}
