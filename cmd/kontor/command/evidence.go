package command

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"kontor/protocol/artifact"
	"kontor/protocol/block"
)

// What shows something is named in three ways: by the CID of what both sides hold, by a file that stays where it is, or by that file's hash. Of a file its name and SHA-256 leave, in
// the words of whoever names it: whoever gets the file by another way compares the hash with what sha256sum says.

// fileEvidence is evidence that is no shared artifact.
type fileEvidence struct {
	Name string // of the file, without the folders above it; empty where the hash alone was given
	Hash []byte // SHA-256
}

func (e fileEvidence) String() string {
	if e.Name == "" {
		return "SHA-256 " + hex.EncodeToString(e.Hash)
	}
	return e.Name + ", SHA-256 " + hex.EncodeToString(e.Hash)
}

// readEvidence reads what --evidence names where only a file or a hash can be meant.
func readEvidence(text string) (fileEvidence, error) {
	if len(text) == 2*sha256.Size {
		if hash, err := hex.DecodeString(text); err == nil {
			return fileEvidence{Hash: hash}, nil
		}
	}
	info, err := os.Stat(text)
	switch {
	case err != nil:
		return fileEvidence{}, usagef("--evidence %q: neither the 64 hex digits of a SHA-256 nor a file here: %v", text, err)
	case !info.Mode().IsRegular():
		return fileEvidence{}, usagef("--evidence %q is no file; name a file, or the 64 hex digits of its SHA-256", text)
	}
	e := fileEvidence{Name: filepath.Base(text)}
	if !artifact.IsName(e.Name) {
		return fileEvidence{}, usagef("--evidence: the name of %q would leave with its hash, and is too long or not plain text; rename a copy", text)
	}
	e.Hash, err = hashFile(text)
	return e, err
}

// evidenceFlag names any number of shared artifacts, files and hashes.
func evidenceFlag() cli.Flag {
	return &cli.StringSliceFlag{Name: "evidence", Usage: "`FILE`, which stays here (its name and hash leave), a file's SHA-256, or the CID of a shared artifact or attachment (kontor artifact list); may be repeated"}
}

// oneEvidenceFlag names one.
func oneEvidenceFlag() cli.Flag {
	return &cli.StringFlag{Name: "evidence", Usage: "`FILE`, which stays here (its name and hash leave), a file's SHA-256, or the CID of a shared artifact"}
}

// evidenceOf sorts what --evidence names: shared artifacts by their CIDs, all else by words.
func (c *call) evidenceOf(named ...string) (shared []block.CID, said []string, err error) {
	for _, text := range named {
		if id, err := block.ParseCID(text); err == nil {
			shared = append(shared, id)
			continue
		}
		e, err := readEvidence(text)
		if err != nil {
			return nil, nil, err
		}
		if e.Name != "" {
			c.note("%s stays here; what leaves of it: %s", text, e)
		}
		said = append(said, e.String())
	}
	return shared, said, nil
}

// proofOf reads --proof and --evidence of a step that is done: what shows it, in words, and the shared artifact where one was named.
func (c *call) proofOf() (proof string, shared *block.CID, err error) {
	proof = c.String("proof")
	if text := c.String("evidence"); text != "" {
		ids, said, err := c.evidenceOf(text)
		if err != nil {
			return "", nil, err
		}
		if len(ids) > 0 {
			shared = &ids[0]
		} else {
			proof = strings.TrimPrefix(fmt.Sprintf("%s [%s]", proof, said[0]), " ")
		}
	}
	if proof == "" {
		return "", nil, missing("proof", "what shows it: --proof TEXT, or --evidence FILE")
	}
	return proof, shared, nil
}
