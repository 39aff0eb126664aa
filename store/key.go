package store

// Key encrypts a database at rest (AES-256).
type Key [32]byte

// String hides the key from logs.
func (Key) String() string { return "store key (hidden)" }

// GoString hides the key from %#v.
func (Key) GoString() string { return "store key (hidden)" }
