package command_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"kontor/cmd/kontor/command"
	"kontor/node/api/wire"
	"kontor/testnet/terminal"
)

// typist types an answer whenever the program has printed a prompt.
type typist struct {
	mu      sync.Mutex
	said    bytes.Buffer
	master  *os.File
	answers [][2]string // prompt and what to type
}

func (p *typist) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.said.Write(b)
	if len(p.answers) > 0 && strings.HasSuffix(p.said.String(), p.answers[0][0]) {
		if _, err := p.master.WriteString(p.answers[0][1]); err != nil {
			return 0, err
		}
		p.answers = p.answers[1:]
	}
	return len(b), nil
}

// On a terminal the passphrase is asked for twice and not echoed; a slip or an empty line makes nothing.
func TestPassphrasePrompt(t *testing.T) {
	const first, second = "Passphrase to seal the root keys: ", "The same again: "
	for _, c := range []struct {
		name    string
		answers [][2]string
		exit    int
		says    string
	}{
		{"the same twice", [][2]string{{first, "correct horse\n"}, {second, "correct horse\n"}}, wire.ExitOK, ""},
		{"another the second time", [][2]string{{first, "correct horse\n"}, {second, "correct house\n"}}, wire.ExitUsage, "the two passphrases differ"},
		{"nothing", [][2]string{{first, "\n"}}, wire.ExitUsage, "nothing was made"},
	} {
		t.Run(c.name, func(t *testing.T) {
			master, slave, err := terminal.Open()
			if err != nil {
				t.Skipf("a pseudo-terminal is needed: %v", err)
			}
			defer master.Close()
			defer slave.Close()
			home := filepath.Join(t.TempDir(), "home")
			errs := &typist{master: master, answers: c.answers}
			var out bytes.Buffer
			got := command.Main([]string{"init", "--company", "Acme", "--listen", "/ip4/127.0.0.1/tcp/0", "--home", home}, slave, &out, errs)
			said := errs.said.String()
			if got != c.exit || !strings.Contains(said, c.says) || len(errs.answers) > 0 {
				t.Fatalf("exit %d, said:\n%s", got, said)
			}
			if strings.Contains(out.String()+said, "correct") {
				t.Fatal("the passphrase is shown")
			}
			root, err := os.ReadFile(filepath.Join(home, "keys", "root.key"))
			if made := err == nil; made != (c.exit == wire.ExitOK) {
				t.Fatalf("root key made: %v", made)
			}
			if c.exit != wire.ExitOK {
				if _, err := os.Stat(home); err == nil {
					t.Fatal("something was left behind")
				}
				return
			}
			if info, _ := os.Stat(filepath.Join(home, "store.key")); info == nil || info.Mode().Perm() != 0o600 {
				t.Fatalf("the database key is %v", info)
			}
			if len(root) == 0 || strings.Contains(said, "not sealed") {
				t.Fatal("the root key is not sealed")
			}
		})
	}
}
