package kv

import (
	"errors"
	"fmt"
)

// Code names a reason why a store refused; codes are stable, programs and
// guides may depend on them.
type Code = string

// The codes. Each text that carries one also says the next step.
const (
	CodeClosed         Code = "STORE_CLOSED"           // used after Close
	CodeEnded          Code = "STORE_ENDED"            // a KV used after its transaction
	CodeViewOnly       Code = "STORE_VIEW_ONLY"        // a write inside View
	CodeBadTable       Code = "STORE_BAD_TABLE"        // not a letter
	CodeBadKey         Code = "STORE_BAD_KEY"          // over MaxKeyBytes
	CodeTooBig         Code = "STORE_TOO_BIG"          // over the bounds of one value or one Update
	CodeWrongKey       Code = "STORE_WRONG_KEY"        // the directory was made with another key
	CodeLocked         Code = "STORE_LOCKED"           // another process has the directory open
	CodeNewerSchema    Code = "STORE_NEWER_SCHEMA"     // written by a newer program
	CodeForeign        Code = "STORE_FOREIGN"          // the directory holds something else
	CodeDiskFull       Code = "STORE_DISK_FULL"        // too little free disk to write safely
	CodeIO             Code = "STORE_IO"               // the disk failed; outcome unknown
	CodeCorrupt        Code = "STORE_CORRUPT"          // a checksum did not match
	CodeCrashed        Code = "STORE_CRASHED"          // a simulated crash
	CodeInjected       Code = "STORE_INJECTED"         // a simulated failure
	CodeKeyFileMissing Code = "STORE_KEY_FILE_MISSING" // no key file or credential there
	CodeKeyFileMode    Code = "STORE_KEY_FILE_MODE"    // others may read the key file
	CodeKeyFilePlace   Code = "STORE_KEY_FILE_PLACE"   // the key lies beside what it protects
	CodeKeyFileForm    Code = "STORE_KEY_FILE_FORM"    // not 32 bytes or 64 hex digits
	CodePassphrase     Code = "STORE_PASSPHRASE"       // an empty passphrase
	CodeSaltForm       Code = "STORE_SALT_FORM"        // the salt file is damaged or out of bounds
	CodeHighWater      Code = "STORE_HIGH_WATER"       // the high-water file is torn
	CodeNotEmpty       Code = "STORE_NOT_EMPTY"        // restore into a directory in use
	CodeBackupForm     Code = "STORE_BACKUP_FORM"      // not a backup, cut short or altered
	CodeBackupKey      Code = "STORE_BACKUP_KEY"       // the backup opens with another passphrase or key
)

// Error is a coded refusal of a store. Code is one of the constants above;
// Text says in words what was read or done and what to do next; Cause is the
// error below, or nil.
type Error struct {
	Code  Code
	Text  string
	Cause error
}

func (e *Error) Error() string {
	if e.Cause != nil {
		return e.Code + ": " + e.Text + ": " + e.Cause.Error()
	}
	return e.Code + ": " + e.Text
}

// Unwrap returns the error below.
func (e *Error) Unwrap() error { return e.Cause }

// Errorf makes an Error without a cause.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Text: fmt.Sprintf(format, args...)}
}

// Wrap makes an Error over cause.
func Wrap(cause error, code Code, format string, args ...any) *Error {
	return &Error{Code: code, Text: fmt.Sprintf(format, args...), Cause: cause}
}

// CodeOf returns the code of the first Error in err's chain, or "".
func CodeOf(err error) Code {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}
