package command

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"kontor/crypto/keys"
	"kontor/node/api/wire"
)

// passphraseFlag names a file: a passphrase on the command line would be seen by every user of the machine.
func passphraseFlag() cli.Flag {
	return &cli.StringFlag{Name: "passphrase-file", Usage: "`FILE` with the passphrase; without it, it is asked for", EnvVars: []string{"KONTOR_PASSPHRASE_FILE"}}
}

// maxPassphraseFile bounds a passphrase file in bytes.
const maxPassphraseFile = 4096

// passphrase reads a passphrase for a purpose from the file given or, on a terminal, from a prompt. twice asks again, for a new one. found is
// false where neither is there.
func (c *call) passphrase(purpose string, twice bool) (passphrase []byte, found bool, err error) {
	return c.passphraseFrom("passphrase-file", purpose, twice)
}

// passphraseFrom is the same for a flag of another name; where that one is not given, --passphrase-file is for all keys of the command.
func (c *call) passphraseFrom(flag, purpose string, twice bool) (passphrase []byte, found bool, err error) {
	path := c.String(flag)
	if path == "" {
		path = c.String("passphrase-file")
	}
	if path != "" {
		f, err := os.Open(path)
		if err != nil {
			return nil, false, usagef("read the passphrase: %v", err)
		}
		defer f.Close()
		data, err := io.ReadAll(io.LimitReader(f, maxPassphraseFile+1))
		if err != nil {
			return nil, false, usagef("read the passphrase: %v", err)
		}
		line, _, _ := bytes.Cut(data, []byte("\n"))
		line = bytes.TrimSuffix(line, []byte("\r"))
		if len(line) == 0 || len(data) > maxPassphraseFile {
			return nil, false, usagef("the first line of %s is no passphrase", path)
		}
		return line, true, nil
	}
	in := c.terminal()
	if in == nil {
		return nil, false, nil
	}
	first, err := c.prompt(in, "Passphrase "+purpose+": ")
	if err != nil || !twice || len(first) == 0 {
		return first, len(first) > 0, err
	}
	second, err := c.prompt(in, "The same again: ")
	if err != nil {
		return nil, false, err
	}
	if !bytes.Equal(first, second) {
		return nil, false, wire.Problemf("PASSPHRASE_DIFFERS", "the two passphrases differ")
	}
	return first, true, nil
}

func (c *call) prompt(in *os.File, text string) ([]byte, error) {
	echoing, err := term.GetState(int(in.Fd()))
	if err != nil {
		return nil, err
	}
	io.WriteString(c.stderr, text)
	data, err := typed(c, func() ([]byte, error) { return term.ReadPassword(int(in.Fd())) })
	io.WriteString(c.stderr, "\n")
	if errors.Is(err, errInterrupted) {
		_ = term.Restore(int(in.Fd()), echoing) // the read that was left behind would have
	}
	return data, err
}

// openKey opens a key file, asking for the passphrase where it is sealed.
func (c *call) openKey(path string, want ...keys.Usage) (keys.Private, error) {
	return c.openKeyFrom("passphrase-file", path, want...)
}

// openKeyFrom is the same with the passphrase's file under another flag.
func (c *call) openKeyFrom(flag, path string, want ...keys.Usage) (keys.Private, error) {
	data, sealed, err := readKeyFile(path, want...)
	if err != nil {
		return keys.Private{}, err
	}
	var passphrase []byte
	if sealed {
		var found bool
		if passphrase, found, err = c.passphraseFrom(flag, "of "+path, false); err != nil {
			return keys.Private{}, err
		} else if !found {
			p := wire.Problemf("PASSPHRASE_MISSING", "%s is sealed by a passphrase", path)
			p.Next = "run it on a terminal, or with --" + flag + " FILE or KONTOR_PASSPHRASE_FILE"
			return keys.Private{}, p
		}
	}
	_, seed, err := keys.OpenFile(data, passphrase)
	if errors.Is(err, keys.ErrPassphrase) {
		return keys.Private{}, wire.Problemf("PASSPHRASE_WRONG", "%s does not open: %v", path, err)
	}
	if err != nil {
		return keys.Private{}, wire.Problemf("KEY_FILE", "%s: %v", path, err)
	}
	return keys.FromSeed(seed)
}

// readKeyFile reads a key file, which stays as it is, and checks what its key is for: whoever names a wrong one hears it before reading what would be signed.
func readKeyFile(path string, want ...keys.Usage) (data []byte, sealed bool, err error) {
	if data, err = readSecret("key", path); err != nil {
		return nil, false, err
	}
	usage, sealed, err := keys.DescribeFile(data)
	if err != nil {
		return nil, false, wire.Problemf("KEY_FILE", "%s: %v; want a file that kontor officer add wrote", path, err)
	}
	if !slices.Contains(want, usage) {
		names := make([]string, len(want))
		for i, w := range want {
			names[i] = string(w)
		}
		return nil, false, wire.Problemf("KEY_USAGE", "%s holds a %s key; a %s key is needed here", path, usage, strings.Join(names, " or "))
	}
	return data, sealed, nil
}

// newKeyFile writes a new key's file, sealed by a passphrase unless --no-passphrase says otherwise; flag names the file with the
// passphrase. It never replaces a file.
func (c *call) newKeyFile(path string, usage keys.Usage, key keys.Private, flag string) error {
	var data []byte
	if c.Bool("no-passphrase") {
		c.note("warning: %s is not sealed; whoever reads the file can sign with it", path)
		var err error
		if data, err = keys.PlainFile(usage, key.Seed()); err != nil {
			return err
		}
	} else {
		passphrase, found, err := c.passphraseFrom(flag, "to seal "+path, true)
		if err != nil {
			return err
		}
		if !found {
			p := wire.Problemf("PASSPHRASE_MISSING", "no passphrase is given to seal %s", path)
			p.Next = "run it on a terminal, or with --" + flag + " FILE; for a demonstration --no-passphrase"
			return p
		}
		if data, err = keys.SealFile(rand.Reader, passphrase, usage, key.Seed()); err != nil {
			return err
		}
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return wire.Problemf("ALREADY_THERE", "%s exists; a key file is never replaced: choose another name", path)
	}
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Sync(), f.Close())
}

// maxSecret bounds a key or token file in bytes: far more than any is.
const maxSecret = 64 << 10

// readSecret reads a file that only its owner should be able to read, and refuses one that others can.
func readSecret(what, path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, usagef("read the %s: %v", what, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, usagef("read the %s: %v", what, err)
	}
	// A pipe or a terminal has no mode that means anything, nor has a file on Windows.
	if mode := info.Mode(); mode.IsRegular() && mode.Perm()&0o077 != 0 && runtime.GOOS != "windows" {
		p := wire.Problemf("KEY_MODE", "the %s in %s can be read by others on this machine (mode %04o); only its owner may", what, path, mode.Perm())
		p.Next = "chmod 600 " + path
		return nil, p
	}
	data, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	if err == nil && len(data) > maxSecret {
		err = fmt.Errorf("more than %d bytes", maxSecret)
	}
	if err != nil {
		return nil, usagef("read the %s in %s: %v", what, path, err)
	}
	return data, nil
}
