package admin

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"slices"
	"strings"

	"kontor/node"
	"kontor/node/api/wire"
	"kontor/protocol/artifact"
)

// A token is "kontor_" ID "_" secret. Only the SHA-256 of the secret is kept: 32 random bytes need no slow hash.
const (
	tokenPrefix   = "kontor_"
	tokenRows     = "token/"
	tokenKeyRow   = "token-key" // from which the tokens of commands with an ID are derived
	tokenIDSize   = 5
	tokenSize     = 32
	maxTokens     = 1024
	maxTokenName  = 128
	maxScopeItems = 1024
)

var tokenText = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// tokenRow is a token among the private rows.
type tokenRow struct {
	Name     string   `cbor:"name"`
	Role     string   `cbor:"role"`
	Partners []string `cbor:"partners"`
	Products []string `cbor:"products"`
	Regions  []string `cbor:"regions"`
	Hash     []byte   `cbor:"hash"`
	Created  int64    `cbor:"created"`
	Expires  int64    `cbor:"expires"`
	Revoked  bool     `cbor:"revoked"`
}

func (t tokenRow) info(id string) wire.TokenInfo {
	return wire.TokenInfo{ID: id, Name: t.Name, Role: wire.Role(t.Role), Scope: t.scope(), Created: t.Created, Expires: t.Expires, Revoked: t.Revoked}
}

func (t tokenRow) scope() wire.Scope {
	return wire.Scope{Partners: t.Partners, Products: t.Products, Regions: t.Regions}
}

// AddToken makes a personal token. A retry of the command gives the same token again, though no secret is kept: ID and secret are derived from
// the command's ID under a key of this node.
func (o *Office) AddToken(command node.Command, req wire.TokenRequest) (wire.TokenSecret, error) {
	name := strings.TrimSpace(req.Name)
	switch {
	case name == "" || len(name) > maxTokenName:
		return wire.TokenSecret{}, node.Failf("BAD_NAME", "the token's name has %d bytes; 1 to %d are right", len(name), maxTokenName)
	case !artifact.IsName(name):
		return wire.TokenSecret{}, node.Failf("BAD_NAME", "the token's name %+q is not plain text", name)
	case !slices.Contains(wire.Roles, req.Role):
		return wire.TokenSecret{}, node.Failf("BAD_ROLE", "role %q is unknown; %v are known", req.Role, wire.Roles)
	case req.Expires != 0 && req.Expires <= o.node.Now():
		return wire.TokenSecret{}, node.Failf("BAD_EXPIRY", "the token would have expired already")
	}
	for _, list := range [][]string{req.Scope.Partners, req.Scope.Products, req.Scope.Regions} {
		if len(list) > maxScopeItems {
			return wire.TokenSecret{}, node.Failf("BAD_SCOPE", "the scope lists %d items; at most %d are allowed", len(list), maxScopeItems)
		}
	}
	var id, secret string
	row := tokenRow{Name: name, Role: string(req.Role), Created: o.node.Now(), Expires: req.Expires,
		Partners: orEmpty(req.Scope.Partners), Products: orEmpty(req.Scope.Products), Regions: orEmpty(req.Scope.Regions)}
	err := o.node.Private(func(rows node.PrivateRows) error {
		random, err := tokenBytes(rows, command)
		if err != nil {
			return err
		}
		id, secret = tokenText.EncodeToString(random[:tokenIDSize]), tokenText.EncodeToString(random[tokenIDSize:])
		hash := sha256.Sum256([]byte(secret))
		row.Hash = hash[:]
		if again, err := rows.Get(tokenRows+id, &row); err != nil || again {
			return err
		}
		count := 0
		if err := rows.Scan(tokenRows, func(string, func(any) error) (bool, error) { count++; return true, nil }); err != nil {
			return err
		}
		if count >= maxTokens {
			return node.Failf("LIMIT_TOKENS", "%d tokens were made, and no more may be", count)
		}
		return rows.Put(tokenRows+id, row)
	})
	return wire.TokenSecret{TokenInfo: row.info(id), Token: tokenPrefix + id + "_" + secret}, err
}

// tokenBytes are the bytes of a new token: random, or for a command with an ID derived from it.
func tokenBytes(rows node.PrivateRows, command node.Command) ([]byte, error) {
	random := make([]byte, tokenIDSize+tokenSize)
	if command == "" {
		rand.Read(random)
		return random, nil
	}
	var key []byte
	if found, err := rows.Get(tokenKeyRow, &key); err != nil {
		return nil, err
	} else if !found {
		key = make([]byte, 32)
		rand.Read(key)
		if err := rows.Put(tokenKeyRow, key); err != nil {
			return nil, err
		}
	}
	return hkdf.Key(sha256.New, key, nil, "kontor token "+string(command), len(random))
}

func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// Tokens lists the tokens.
func (o *Office) Tokens() (wire.TokenListing, error) {
	out := wire.TokenListing{Tokens: []wire.TokenInfo{}}
	err := o.node.ReadPrivate(func(rows node.PrivateRows) error {
		return rows.Scan(tokenRows, func(id string, decode func(any) error) (bool, error) {
			var row tokenRow
			err := decode(&row)
			out.Tokens = append(out.Tokens, row.info(id))
			return true, err
		})
	})
	slices.SortFunc(out.Tokens, func(a, b wire.TokenInfo) int { return int(a.Created - b.Created) })
	return out, err
}

// RevokeToken ends a token, which its ID names, or its name where only one that is not revoked has it. It stays listed.
func (o *Office) RevokeToken(named string) (info wire.TokenInfo, err error) {
	err = o.node.Private(func(rows node.PrivateRows) error {
		id, row, err := findToken(rows, named)
		if err != nil {
			return err
		}
		row.Revoked = true
		info = row.info(id)
		return rows.Put(tokenRows+id, row)
	})
	return info, err
}

func findToken(rows node.PrivateRows, named string) (id string, row tokenRow, err error) {
	found, err := rows.Get(tokenRows+named, &row)
	if err != nil || found {
		return named, row, err
	}
	var ids []string
	err = rows.Scan(tokenRows, func(key string, decode func(any) error) (bool, error) {
		var r tokenRow
		err := decode(&r)
		if err == nil && r.Name == named && !r.Revoked {
			ids, row = append(ids, key), r
		}
		return true, err
	})
	switch {
	case err != nil:
		return "", row, err
	case len(ids) == 0:
		return "", row, node.Failf("NO_TOKEN", "no token %q is known that could be revoked; kontor token list shows them", named)
	case len(ids) > 1:
		return "", row, node.Failf("WHICH_TOKEN", "%d tokens are called %q: name one of %s", len(ids), named, strings.Join(ids, ", "))
	}
	return ids[0], row, nil
}

// Holder finds out who holds a token. Whether it never was, was revoked or has expired is told only to its true holder.
func (o *Office) Holder(token string) (name string, role wire.Role, scope wire.Scope, err error) {
	unknown := node.Failf("TOKEN_REFUSED", "the token is not known here")
	rest, ok := strings.CutPrefix(token, tokenPrefix)
	id, secret, ok2 := strings.Cut(rest, "_")
	if !ok || !ok2 || len(id) != tokenText.EncodedLen(tokenIDSize) {
		return "", "", scope, unknown
	}
	var row tokenRow
	found := false
	err = o.node.ReadPrivate(func(rows node.PrivateRows) (err error) {
		found, err = rows.Get(tokenRows+id, &row)
		return err
	})
	if err != nil {
		return "", "", scope, err
	}
	hash := sha256.Sum256([]byte(secret))
	switch {
	case !found || subtle.ConstantTimeCompare(hash[:], row.Hash) != 1:
		return "", "", scope, unknown
	case row.Revoked:
		return "", "", scope, node.Failf("TOKEN_REVOKED", "the token of %s was revoked", row.Name)
	case row.Expires != 0 && o.node.Now() >= row.Expires:
		return "", "", scope, node.Failf("TOKEN_EXPIRED", "the token of %s has expired", row.Name)
	}
	return row.Name, wire.Role(row.Role), row.scope(), nil
}
