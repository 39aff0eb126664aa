package node

import (
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"kontor/crypto/keys"
	"kontor/node/p2p"
	"kontor/protocol/block"
	"kontor/protocol/identity"
	"kontor/protocol/state"
	"kontor/store"
)

// certificateLife is how long the certificates made at init are valid: long enough not to stop a company on a forgotten
// date, short enough that a lost archive of keys ages out.
const certificateLife = 10 * 365 * 24 * time.Hour

// InitOptions say how to found a company.
type InitOptions struct {
	Company    string   // display name, 1 to 128 bytes
	Listen     []string // multiaddrs; default: TCP and QUIC on a free port of every interface
	Passphrase []byte   // seals the root keys; nil leaves them in plain files of mode 0600, and says so
	DualHat    bool     // one person may hold several roles
	// KeyFile is where to make the key of the database; empty: store.key in the home. StorePassphrase derives it instead.
	KeyFile         string
	StorePassphrase []byte
	Now             time.Time
}

// Vacant tells why no company can be set up in a home.
func (h Home) Vacant() error {
	if h.Exists() {
		return Failf("ALREADY_INITIALISED", "a company is set up in %s already; choose another --home", h)
	}
	if entries, err := os.ReadDir(string(h)); err == nil && len(entries) > 0 {
		return Failf("HOME_NOT_EMPTY", "%s is not empty; choose another --home", h)
	}
	return nil
}

// Init founds a company in an empty home: root keys and the pre-committed next ones, service keys, the identity chain and the database. Nothing is left
// behind when it fails.
func Init(h Home, o InitOptions) (id block.CID, err error) {
	if err := h.Vacant(); err != nil {
		return id, err
	}
	if err := identity.CheckName(o.Company); err != nil {
		return id, Failf("BAD_NAME", "company %v", err)
	}
	for _, address := range o.Listen {
		if err := p2p.CheckListen(address); err != nil {
			return id, Failf("BAD_ADDRESS", "%v", err)
		}
	}
	made, err := makeHome(h)
	if err != nil {
		return id, err
	}
	defer func() {
		if err != nil {
			made()
		}
	}()
	chain, err := foundCompany(h, o)
	if err != nil {
		return id, err
	}
	key, named, err := h.newStoreKey(o.KeyFile, o.StorePassphrase)
	if err != nil {
		return id, err
	}
	defer func() {
		if err != nil && o.KeyFile != "" {
			os.Remove(o.KeyFile)
		}
	}()
	db, err := store.Open(store.Options{Dir: h.Database(), Key: key})
	if err != nil {
		return id, err
	}
	err = db.Update(func(kv store.KV) error { return saveChain(kv, chain.Company(), 0, chain.From(0)) })
	if closeErr := db.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return id, err
	}
	listen := o.Listen
	if len(listen) == 0 {
		listen = []string{"/ip4/0.0.0.0/tcp/0", "/ip4/0.0.0.0/udp/0/quic-v1"}
	}
	return chain.Company(), h.SaveSettings(Settings{Version: 1, Company: o.Company, ID: chain.Company().String(), Listen: listen, StoreKey: named})
}

// makeHome creates the directories and returns what removes them again.
func makeHome(h Home) (undo func(), err error) {
	_, statErr := os.Stat(string(h))
	if err := os.MkdirAll(h.path("keys"), 0o700); err != nil {
		return nil, err
	}
	if err := os.Chmod(string(h), 0o700); err != nil {
		return nil, err
	}
	return func() {
		if statErr != nil {
			os.RemoveAll(string(h))
			return
		}
		for _, name := range []string{"keys", "db", "store.key", "kontor.json"} {
			os.RemoveAll(filepath.Join(string(h), name))
		}
	}, nil
}

// foundCompany draws the keys, writes their files and builds the identity chain: genesis, profile, node, feed and seal keys.
func foundCompany(h Home, o InitOptions) (*identity.Chain, error) {
	root, err := keys.Generate(rand.Reader)
	if err != nil {
		return nil, err
	}
	next, err := keys.Generate(rand.Reader)
	if err != nil {
		return nil, err
	}
	for usage, key := range map[string]keys.Private{"root": root, "root-next": next} {
		data, err := keys.PlainFile(keys.Root, key.Seed())
		if len(o.Passphrase) > 0 {
			data, err = keys.SealFile(rand.Reader, o.Passphrase, keys.Root, key.Seed())
		}
		if err != nil {
			return nil, err
		}
		if err := writeFile(h.path("keys", usage+".key"), data, 0o600); err != nil {
			return nil, err
		}
	}
	nextPub := next.Public()
	genesis, err := identity.NewGenesis(rand.Reader, []keys.Public{root.Public()}, 1, identity.RootSet{Roots: [][]byte{nextPub[:]}, Threshold: 1}, o.DualHat)
	if err != nil {
		return nil, err
	}
	env, err := identity.SignEntry(identity.Entry{V: 1, Kind: identity.KindGenesis, Genesis: &genesis}, []keys.Private{root})
	if err != nil {
		return nil, err
	}
	chain, err := identity.Found(env)
	if err != nil {
		return nil, err
	}
	profile := chain.Next(identity.KindSetProfile)
	profile.Profile = &identity.Profile{Name: o.Company}
	if err := extend(chain, profile, root); err != nil {
		return nil, err
	}
	from := o.Now.Add(-time.Hour).UnixMilli()
	until := o.Now.Add(certificateLife).UnixMilli()
	for _, usage := range []keys.Usage{keys.Node, keys.Feed, keys.Seal} {
		seed, err := randomBytes(32)
		if err != nil {
			return nil, err
		}
		if err := h.saveKey(usage, seed); err != nil {
			return nil, err
		}
		cert := identity.Certificate{Company: chain.Company(), Usage: string(usage), From: from, Until: until}
		if usage == keys.Seal {
			seal, err := keys.SealFromSeed(seed)
			if err != nil {
				return nil, err
			}
			pub := seal.Public()
			cert.Key = pub[:]
		} else {
			key, err := keys.FromSeed(seed)
			if err != nil {
				return nil, err
			}
			pub := key.Public()
			cert.Key = pub[:]
			if cert, err = cert.Prove(key); err != nil {
				return nil, err
			}
		}
		add := chain.Next(identity.KindAddKey)
		add.Cert = &cert
		if err := extend(chain, add, root); err != nil {
			return nil, err
		}
	}
	return chain, nil
}

// extend signs an entry with the roots and appends it.
func extend(chain *identity.Chain, e identity.Entry, roots ...keys.Private) error {
	env, err := identity.SignEntry(e, roots)
	if err != nil {
		return err
	}
	return chain.Append(env)
}

// saveChain stores identity envelopes from a place on.
func saveChain(kv state.KV, company block.CID, from int64, envs []identity.Envelope) error {
	part := state.PartitionOf(company)
	for i, env := range envs {
		data, err := block.Marshal(env)
		if err != nil {
			return err
		}
		if err := kv.Put(state.TableIdentity, part.Key(be64(from+int64(i))), data); err != nil {
			return err
		}
	}
	return nil
}

// loadChains verifies and loads every identity chain held.
func loadChains(kv state.KV) (map[block.CID]*identity.Chain, error) {
	byCompany := map[string][]identity.Envelope{}
	var order []string
	err := kv.Scan(state.TableIdentity, nil, nil, func(key, value []byte) (bool, error) {
		var env identity.Envelope
		if err := block.Unmarshal(value, &env); err != nil {
			return false, fmt.Errorf("stored identity entry: %w; restore the database from a backup", err)
		}
		company := string(key[:32])
		if _, known := byCompany[company]; !known {
			order = append(order, company)
		}
		byCompany[company] = append(byCompany[company], env)
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	chains := map[block.CID]*identity.Chain{}
	for _, company := range order {
		chain, err := identity.Load(byCompany[company])
		if err != nil {
			return nil, fmt.Errorf("stored identity chain: %w; restore the database from a backup", err)
		}
		chains[chain.Company()] = chain
	}
	return chains, nil
}
