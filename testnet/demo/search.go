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

// textAndBytes looks for a CID in both forms.
func cidNeedles(what, text string) []needle {
	out := []needle{{what, []byte(text)}}
	if id, err := block.ParseCID(text); err == nil {
		out = append(out, needle{what, id.Bytes()[4:]})
	}
	return out
}

// country looks for a country code where a country would stand: two letters alone are found in any noise.
func country(code string) []needle {
	var out []needle
	for _, field := range []string{"region", "regions"} {
		out = append(out, needle{"country " + code, append(append([]byte{}, field...), append([]byte{0x62}, code...)...)},
			needle{"country " + code, []byte(fmt.Sprintf("%q:%q", field, code))}, needle{"country " + code, append(append([]byte(field), 0x81, 0x62), code...)})
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
