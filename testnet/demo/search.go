package demo

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"kontor/crypto/keys"
	"kontor/node"
	"kontor/protocol/block"
	"kontor/store"
)

// needle is something of the agency's that must not be found at the ingredient maker.
type needle struct {
	what  string
	bytes []byte
	local bool // never leaves the agency's machine, so that not even the tablet maker has it
}

// search looks for the agency's names, keys, product codes, countries and CIDs in everything the ingredient maker has: its decrypted database, its log, and every byte
// it received. It returns what was found where, and how many bytes were searched.
func search(home node.Home, files []string, needles []needle) (found []string, searched int64, err error) {
	look := func(where string, data []byte) {
		searched += int64(len(data))
		for _, n := range needles {
			if bytes.Contains(data, n.bytes) {
				if hit := fmt.Sprintf("%s in %s", n.what, where); !slices.Contains(found, hit) {
					found = append(found, hit)
				}
			}
		}
	}
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, searched, err
		}
		look(filepath.Base(path), data)
	}
	key, err := store.LoadKeyFile(string(home)+"/store.key", home.Database())
	if err != nil {
		return nil, searched, err
	}
	db, err := store.Open(store.Options{Dir: home.Database(), Key: key})
	if err != nil {
		return nil, searched, err
	}
	defer db.Close()
	err = db.View(func(kv store.KV) error {
		for table := byte('a'); table <= 'z'; table++ {
			err := kv.Scan(table, nil, nil, func(key, value []byte) (bool, error) {
				look(fmt.Sprintf("the database, table %c", table), append(append([]byte{}, key...), value...))
				return true, nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return found, searched, err
}

// missed names what none of its needles finds in a file. In the bytes that the agency's own partner received each must be found by one: a search that
// finds nothing anywhere proves nothing.
func missed(path string, needles []needle) (what []string, err error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	found := map[string]bool{}
	for _, n := range needles {
		found[n.what] = found[n.what] || n.local || bytes.Contains(data, n.bytes)
	}
	for _, n := range needles {
		if !found[n.what] && !slices.Contains(what, n.what) {
			what = append(what, n.what)
		}
	}
	return what, nil
}

// cidNeedles looks for a CID in both forms.
func cidNeedles(what, text string) []needle {
	out := []needle{{what: what, bytes: []byte(text)}}
	if id, err := block.ParseCID(text); err == nil {
		out = append(out, needle{what: what, bytes: id.Bytes()[4:]})
	}
	return out
}

// country looks for a country code where a country would stand: two letters alone are found in any noise.
func country(code string) []needle {
	var out []needle
	for _, field := range []string{"region", "regions"} {
		for _, form := range [][]byte{append([]byte{0x62}, code...), append([]byte{0x81, 0x62}, code...)} { // a text of two letters, a list of one such
			out = append(out, needle{what: "country " + code, bytes: append([]byte(field), form...)})
		}
		out = append(out, needle{what: "country " + code, bytes: []byte(fmt.Sprintf("%q:%q", field, code))})
	}
	return out
}

// publicKeys are the public halves of a company's service keys.
func publicKeys(home node.Home) (map[string][]byte, error) {
	out := map[string][]byte{}
	for _, usage := range []keys.Usage{keys.Node, keys.Feed} {
		data, err := os.ReadFile(home.KeyFile(usage))
		if err != nil {
			return nil, err
		}
		_, seed, err := keys.OpenFile(data, nil)
		if err != nil {
			return nil, err
		}
		key, err := keys.FromSeed(seed)
		if err != nil {
			return nil, err
		}
		pub := key.Public()
		out[fmt.Sprintf("the agency's %s key", usage)] = pub[:]
	}
	return out, nil
}
