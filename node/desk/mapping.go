package desk

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"kontor/node"
	"kontor/node/intake"
)

// mapsFolder of the home holds the mappings that are kept: KIND.map for a kind of file, any.map for all, and the same in a folder of a
// partner's name for what that partner sends. They are text, to be written and changed by hand too.
const (
	mapsFolder = "maps"
	mapEnding  = ".map"
	anyKind    = "any"
)

// mapping is the one that was given with a file, else the nearest that is kept.
func (d *Desk) mapping(o ImportOptions, kind intake.Kind) (*intake.Mapping, string, error) {
	if o.Map != "" {
		m, err := intake.ParseMapping([]byte(o.Map))
		if err != nil {
			return nil, "", node.Failf("BAD_MAPPING", "%v", err)
		}
		if o.Save && !o.DryRun {
			if kind == "" {
				kind = m.Kind
			}
			if err := d.keepMapping(o.From, kind, o.Map); err != nil {
				return nil, "", err
			}
		}
		return m, "", nil
	}
	return KeptMapping(string(d.node.Home()), o.From, kind)
}

// KeptMapping is the nearest mapping that a home keeps for files of a kind, of a partner's first where one is named, and its name below the home; nil where none is kept. It needs no node.
func KeptMapping(home, partner string, kind intake.Kind) (*intake.Mapping, string, error) {
	folders := []string{""}
	if partner != "" {
		folders = []string{partner, ""}
	}
	for _, folder := range folders {
		for _, name := range []string{string(kind), anyKind} {
			if name == "" {
				continue
			}
			path, err := mapPath(home, folder, name)
			if err != nil {
				return nil, "", err
			}
			text, err := os.ReadFile(path)
			if errors.Is(err, os.ErrNotExist) {
				continue
			}
			if err != nil {
				return nil, "", err
			}
			m, err := intake.ParseMapping(text)
			if err != nil {
				return nil, "", node.Failf("BAD_MAPPING", "%s: %v", path, err)
			}
			m.Optional = true
			return m, filepath.Join(mapsFolder, folder, name+mapEnding), nil
		}
	}
	return nil, "", nil
}

// mapPath is where a mapping is kept. A partner's name is a folder's name and nothing else.
func mapPath(home, partner, kind string) (string, error) {
	if strings.ContainsAny(partner, `/\`) || strings.HasPrefix(partner, ".") {
		return "", node.Failf("BAD_MAPPING", "%q is no name of a partner", partner)
	}
	return filepath.Join(home, mapsFolder, partner, kind+mapEnding), nil
}

func (d *Desk) keepMapping(partner string, kind intake.Kind, text string) error {
	if kind == "" {
		kind = anyKind
	}
	path, err := mapPath(string(d.node.Home()), partner, string(kind))
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("keep the mapping: %w", err)
	}
	return d.writeWhole(path, []byte(text))
}
