package keys

import (
	"bytes"
	"encoding/base64"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
)

// cheap is a cost for tests; a file of another cost opens all the same.
var cheap = cost{passes: 1, memory: 64, threads: 1}

func sealed(t testing.TB, usage Usage, price cost) []byte {
	t.Helper()
	random := steady(7)
	file, err := sealFile(&random, []byte("correct horse"), usage, bytes.Repeat([]byte{5}, SeedSize), price)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func plain(t testing.TB, usage Usage) []byte {
	t.Helper()
	file, err := PlainFile(usage, bytes.Repeat([]byte{5}, SeedSize))
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func TestKeyFileOpens(t *testing.T) {
	want := bytes.Repeat([]byte{5}, SeedSize)
	for _, usage := range Usages {
		for _, file := range [][]byte{sealed(t, usage, cheap), plain(t, usage)} {
			got, seed, err := OpenFile(file, []byte("correct horse"))
			if err != nil || got != usage || !bytes.Equal(seed, want) {
				t.Errorf("%s opened as %s: %v", usage, got, err)
			}
			if len(file) > 400 {
				t.Errorf("a file of %d bytes", len(file))
			}
		}
		if got, seal, err := DescribeFile(sealed(t, usage, cheap)); got != usage || !seal || err != nil {
			t.Errorf("described as %s, sealed %v, %v", got, seal, err)
		}
		if got, seal, err := DescribeFile(plain(t, usage)); got != usage || seal || err != nil {
			t.Errorf("described as %s, sealed %v, %v", got, seal, err)
		}
	}
}

func TestKeyFileOfFullCost(t *testing.T) {
	random := steady(7)
	file, err := SealFile(&random, []byte("correct horse"), Role, bytes.Repeat([]byte{5}, SeedSize))
	if err != nil {
		t.Fatal(err)
	}
	f, err := readFile(file)
	if err != nil || f.price != sealCost {
		t.Fatalf("cost %+v, %v", f.price, err)
	}
	if usage, seed, err := OpenFile(file, []byte("correct horse")); err != nil || usage != Role || len(seed) != SeedSize {
		t.Fatal(err)
	}
}

func TestKeyFileStaysShut(t *testing.T) {
	file := sealed(t, Role, cheap)
	if usage, seed, err := OpenFile(file, []byte("wrong")); !errors.Is(err, ErrPassphrase) || usage != "" || seed != nil {
		t.Errorf("a wrong passphrase: %v", err)
	}
	if _, _, err := OpenFile(file, nil); !errors.Is(err, ErrNeedsPassphrase) {
		t.Errorf("no passphrase: %v", err)
	}
	if _, err := SealFile(new(steady), nil, Role, make([]byte, SeedSize)); err == nil {
		t.Error("sealed with an empty passphrase")
	}
	if _, err := SealFile(new(steady), []byte("x"), "boss", make([]byte, SeedSize)); err == nil {
		t.Error("sealed for an unknown usage")
	}
	if _, err := SealFile(strings.NewReader("short"), []byte("x"), Role, make([]byte, SeedSize)); err == nil {
		t.Error("sealed without randomness")
	}
	if _, err := PlainFile(Role, make([]byte, 31)); err == nil {
		t.Error("a seed of 31 bytes was written")
	}
}

// Usage and cost are authenticated: no single flipped bit of the content passes, nor any change of the text.
func TestADamagedKeyFileIsRefused(t *testing.T) {
	for _, file := range [][]byte{sealed(t, Role, cheap), plain(t, Role)} {
		content, err := unarmour(file)
		if err != nil {
			t.Fatal(err)
		}
		for bit := range len(content) * 8 {
			damaged := bytes.Clone(content)
			damaged[bit/8] ^= 1 << (bit % 8)
			if usage, seed, err := OpenFile(armour(damaged), []byte("correct horse")); err == nil || seed != nil || usage != "" {
				t.Errorf("bit %d of %d flipped: opened", bit, len(content)*8)
			}
		}
		for n := range content {
			if _, seed, err := OpenFile(armour(content[:n]), []byte("correct horse")); err == nil || seed != nil {
				t.Errorf("cut to %d bytes: opened", n)
			}
		}
		if _, _, err := OpenFile(armour(append(bytes.Clone(content), 0)), []byte("correct horse")); err == nil {
			t.Error("a byte more: opened")
		}
		random := rand.New(rand.NewPCG(7, 8))
		for range 500 {
			damaged := bytes.Clone(file)
			damaged[random.IntN(len(damaged))] ^= 1 << random.IntN(8)
			if _, seed, err := OpenFile(damaged, []byte("correct horse")); err == nil || seed != nil {
				t.Errorf("opened: %s", damaged)
			}
		}
		for name, text := range map[string]string{
			"nothing":       "",
			"line ends":     strings.ReplaceAll(string(file), "\n", "\r\n"),
			"text before":   "x" + string(file),
			"text behind":   string(file) + "\n",
			"a blank":       strings.Replace(string(file), "KEY-----\n", "KEY-----\n ", 1),
			"another title": strings.ReplaceAll(string(file), "KONTOR", "AGE"),
			"twice":         string(file) + string(file),
			"endless":       string(file[:len(fileFirst)]) + strings.Repeat("A", MaxFile) + fileLast,
			"in one line":   fileFirst + base64.StdEncoding.EncodeToString(content) + "\n" + fileLast,
		} {
			if _, seed, err := OpenFile([]byte(text), []byte("correct horse")); err == nil || seed != nil {
				t.Errorf("%s: opened", name)
			}
		}
	}
}

// A hostile file may ask for no more than the caps, and is refused before any memory is taken.
func TestKeyFileCostIsCapped(t *testing.T) {
	for _, price := range []cost{
		{0, 64, 1}, {1, 64, 0}, {1, 7, 1}, {11, 64, 1}, {1, 256<<10 + 1, 1}, {1, 1 << 31, 1}, {1 << 31, 64, 1}, {1, 256, 17}, {1, 64, 9},
	} {
		if _, err := sealFile(new(steady), []byte("x"), Role, make([]byte, SeedSize), price); err == nil {
			t.Errorf("cost %+v was written", price)
		}
		content, err := unarmour(sealed(t, Role, cheap))
		if err != nil {
			t.Fatal(err)
		}
		at := len(fileMagic) + 3 + len(Role)
		for i := range 4 {
			content[at+i] = byte(price.passes >> (24 - 8*i))
			content[at+4+i] = byte(price.memory >> (24 - 8*i))
		}
		content[at+8] = price.threads
		if _, _, err := OpenFile(armour(content), []byte("x")); err == nil || errors.Is(err, ErrPassphrase) {
			t.Errorf("cost %+v was paid: %v", price, err)
		}
	}
}

func FuzzOpenFile(f *testing.F) {
	f.Add(sealed(f, Role, cheap))
	f.Add(plain(f, Node))
	f.Fuzz(func(t *testing.T, file []byte) {
		read, err := readFile(file)
		if err == nil && read.sealed && read.price.memory > 1024 {
			return // honest work, but too slow to fuzz
		}
		usage, seed, err := OpenFile(file, []byte("correct horse"))
		if err != nil {
			if usage != "" || seed != nil {
				t.Fatal("refused, yet a key came back")
			}
			return
		}
		if read.sealed {
			return // only the true file opens; TestADamagedKeyFileIsRefused
		}
		if again, err := PlainFile(usage, seed); err != nil || !bytes.Equal(again, file) {
			t.Fatalf("written as %s: %v", again, err)
		}
	})
}
