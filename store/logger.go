package store

import (
	"fmt"
	"log/slog"
	"strings"

	"kontor/store/kv"
)

// badgerLog passes Badger's warnings and errors on. Its information and debug
// lines say nothing an operator can act on.
type badgerLog struct {
	log   *slog.Logger
	store *DB
}

func (l *badgerLog) Errorf(format string, args ...any) {
	text := strings.TrimSpace(fmt.Sprintf(format, args...))
	// Badger only logs a value log that could not be synced and then
	// acknowledges the commit. That must not stand.
	if l.store != nil && strings.Contains(text, "Error while curlf sync") {
		l.store.fail(kv.Errorf(kv.CodeIO, "the value log could not be synced (%s); check the disk, then restart the node", text))
	}
	l.log.Error("badger: " + text)
}

func (l *badgerLog) Warningf(format string, args ...any) {
	text := strings.TrimSpace(fmt.Sprintf(format, args...))
	// A cache that is small on purpose is no news.
	if strings.Contains(text, "cache") || strings.Contains(text, "Cache") {
		return
	}
	l.log.Warn("badger: " + text)
}

func (l *badgerLog) Infof(string, ...any)  {}
func (l *badgerLog) Debugf(string, ...any) {}
