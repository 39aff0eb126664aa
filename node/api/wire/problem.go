package wire

import (
	"fmt"
	"net/http"
	"strings"

	"kontor/protocol/artifact"
)

// Problem is the one shape of an error.
type Problem struct {
	Code     string             `json:"code"`               // stable
	Text     string             `json:"text"`               // what was wrong, for people
	Findings []artifact.Finding `json:"findings,omitempty"` // coded complaints about a document
	Next     string             `json:"next,omitempty"`     // what to do now
}

func (p *Problem) Error() string { return p.Text }

// Problemf makes a Problem with the advice its code has.
func Problemf(code, format string, args ...any) *Problem {
	return &Problem{Code: code, Text: fmt.Sprintf(format, args...), Next: Meaning(code).Next}
}

// Exit statuses of the command line.
const (
	ExitOK         = 0
	ExitFailed     = 1 // something unforeseen
	ExitUsage      = 2 // the command or its input is not right
	ExitRefused    = 3 // the rules refuse it: it would be refused on both sides
	ExitNotFound   = 4 // there is no such thing, or the caller may not know of it
	ExitDenied     = 5 // the caller may not do this
	ExitNoNode     = 6 // the node does not run, or can't be reached
	ExitNotNow     = 7 // right, but not in the present state: recovering, suspended, expired, done already
	ExitMachine    = 8 // disk, key files, clock, database of this machine
	ExitIncomplete = 9 // done in part; what is missing is listed
	// ExitInterrupted is what a shell gives a program that Ctrl-C ended: 128 and the signal's number.
	ExitInterrupted = 130
)

// Exits says in words what each exit status means, in order, for the help.
var Exits = []string{
	"0  done", "1  failed for an unforeseen reason", "2  the command or its input is not right",
	"3  refused by a rule (the codes are listed)", "4  not found", "5  not permitted for this caller", "6  the node does not run or can't be reached",
	"7  not possible in the present state", "8  something about this machine: disk, key files, clock, database", "9  done in part",
}

// Class is what a code means to programs.
type Class struct {
	Status int    // HTTP status
	Exit   int    // exit status
	Next   string // advice
}

// classes is the one table from codes to statuses. A code that is not here is looked for by its longest prefix that ends in "_" or "-".
var classes = map[string]Class{
	"INTERNAL":        {http.StatusInternalServerError, ExitFailed, "look into the node's log; if it happens again, report it"},
	"BAD_REQUEST":     {http.StatusBadRequest, ExitUsage, ""},
	"BAD_":            {http.StatusBadRequest, ExitUsage, ""},
	"MISSING_":        {http.StatusBadRequest, ExitUsage, ""},
	"OVERSOLD":        {http.StatusConflict, ExitRefused, "kontor capacity oversold shows line by line; promise less, or raise the maximum: kontor capacity import"},
	"WHICH_":          {http.StatusBadRequest, ExitUsage, ""},
	"TOO_LARGE":       {http.StatusRequestEntityTooLarge, ExitUsage, "split it"},
	"CHAIN_TOO_LONG":  {http.StatusConflict, ExitNotNow, ""},
	"REMEDY_PENDING":  {http.StatusConflict, ExitNotNow, "kontor remedy list shows what is pending; it stands when both nodes have passed it"},
	"TIMEOUT":         {http.StatusGatewayTimeout, ExitNotNow, "try again: the command's ID makes a retry safe"},
	"STOPPING":        {http.StatusServiceUnavailable, ExitNoNode, "start the node again"},
	"CONFIRM":         {http.StatusBadRequest, ExitUsage, "read what it means, then run it again with --yes"},
	"INTERRUPTED":     {http.StatusBadRequest, ExitInterrupted, ""},
	"CONFIRM_":        {http.StatusBadRequest, ExitUsage, "compare them with your partner by telephone, then run it again with --yes"},
	"REFUSED":         {http.StatusUnprocessableEntity, ExitRefused, "correct what the findings name and try again"},
	"HAS_BANDS":       {http.StatusConflict, ExitRefused, "share the draft as it is, or import points: kontor forecast import FILE"},
	"FORECAST_":       {http.StatusUnprocessableEntity, ExitRefused, "correct what the findings name and try again"},
	"CAPACITY_":       {http.StatusUnprocessableEntity, ExitRefused, "correct what the findings name and try again"},
	"CAMPAIGN_":       {http.StatusUnprocessableEntity, ExitRefused, "correct what the findings name and try again"},
	"TERMS_":          {http.StatusUnprocessableEntity, ExitRefused, "correct what the findings name and try again"},
	"QUALITY_":        {http.StatusUnprocessableEntity, ExitRefused, "correct what the findings name and try again"},
	"PERFORMANCE_":    {http.StatusUnprocessableEntity, ExitRefused, "correct what the findings name and try again"},
	"NOT_COUNTED":     {http.StatusUnprocessableEntity, ExitRefused, "correct the lines it names and import them again"},
	"WINDOW_":         {http.StatusConflict, ExitRefused, ""},
	"LINES_":          {http.StatusConflict, ExitRefused, ""},
	"NOTHING_":        {http.StatusConflict, ExitNotNow, ""},
	"ANSWER_":         {http.StatusUnprocessableEntity, ExitRefused, "correct what the findings name and try again"},
	"IMPORT_":         {http.StatusUnprocessableEntity, ExitRefused, "correct the rows the report names; nothing of the file was taken"},
	"UNDO_":           {http.StatusConflict, ExitRefused, ""},
	"EXPORT_":         {http.StatusUnprocessableEntity, ExitRefused, ""},
	"GRANT_":          {http.StatusUnprocessableEntity, ExitRefused, ""},
	"NEEDS_":          {http.StatusUnprocessableEntity, ExitRefused, ""},
	"MANDATE_NEEDED":  {http.StatusForbidden, ExitDenied, "sign it: kontor forecast answer --key-file FILE"},
	"EDGE_":           {http.StatusConflict, ExitRefused, ""},
	"PATCH_":          {http.StatusUnprocessableEntity, ExitRefused, ""},
	"NOT_IN_SCOPE":    {http.StatusUnprocessableEntity, ExitRefused, ""},
	"NOT_MATCHED":     {http.StatusConflict, ExitNotNow, ""},
	"NOT_IN_FORCE":    {http.StatusConflict, ExitNotNow, ""},
	"NOT_ASKED":       {http.StatusConflict, ExitNotNow, ""},
	"PRODUCT_":        {http.StatusUnprocessableEntity, ExitRefused, "correct what the findings name and try again"},
	"REQUEST_":        {http.StatusUnprocessableEntity, ExitRefused, "correct what the findings name and try again"},
	"NOT_TRANSLATED":  {http.StatusUnprocessableEntity, ExitRefused, ""},
	"NOT_DERIVED":     {http.StatusConflict, ExitNotNow, ""},
	"STATE_":          {http.StatusConflict, ExitNotNow, "what it builds on has moved: look at it again, then run it again"},
	"HEAD_":           {http.StatusConflict, ExitNotNow, "leave the node connected until a partner has answered, then run it again"},
	"OFFLINE":         {http.StatusConflict, ExitNotNow, ""},
	"TOO_MANY_":       {http.StatusTooManyRequests, ExitNotNow, ""},
	"NOT_READY":       {http.StatusServiceUnavailable, ExitNotNow, ""},
	"NOT_FOUND":       {http.StatusNotFound, ExitNotFound, ""},
	"NO_":             {http.StatusNotFound, ExitNotFound, ""},
	"TOKEN_":          {http.StatusUnauthorized, ExitDenied, "ask the admin for a token: kontor token add"},
	"FORBIDDEN":       {http.StatusForbidden, ExitDenied, "ask someone whose role may do this"},
	"NOT_INITIALISED": {http.StatusConflict, ExitNoNode, "kontor init --company NAME"},
	"NODE_":           {http.StatusServiceUnavailable, ExitNoNode, ""},
	"TOPIC_OPEN":      {http.StatusConflict, ExitNotNow, ""},
	"ALREADY_":        {http.StatusConflict, ExitNotNow, ""},
	"HOME_":           {http.StatusConflict, ExitMachine, ""},
	"FILE_ACCESS":     {http.StatusInternalServerError, ExitMachine, "run it as the user whose file or directory it is, or give this user the right to it"},
	"LISTEN_ADDRESS":  {http.StatusInternalServerError, ExitMachine, ""},
	"FOLDING":         {http.StatusServiceUnavailable, ExitNotNow, "wait a moment and run it again; kontor status shows how far it is"},
	"RECOVERING":      {http.StatusConflict, ExitNotNow, "leave the node running and connected; kontor status shows when it writes again"},
	"IDENTITY_":       {http.StatusConflict, ExitNotNow, "compare fingerprints with the partner by telephone"},
	"NOT_FROZEN":      {http.StatusConflict, ExitNotNow, ""},
	"FORK_":           {http.StatusConflict, ExitNotNow, "look at it again with kontor partner fork"},
	"OTHER_":          {http.StatusConflict, ExitRefused, ""},
	"PARTNERSHIP_":    {http.StatusConflict, ExitNotNow, ""},
	"CIRCLE_":         {http.StatusConflict, ExitRefused, ""},
	"INVITATION_":     {http.StatusConflict, ExitNotNow, "ask for a new invitation"},
	"PARTNER_":        {http.StatusServiceUnavailable, ExitNotNow, ""},
	"PAIRING_":        {http.StatusConflict, ExitNotNow, ""},
	"CLOCK_":          {http.StatusConflict, ExitNotNow, "if the clock is right: kontor clock confirm"},
	"ENTRY_":          {http.StatusUnprocessableEntity, ExitRefused, ""},
	"STORE_":          {http.StatusInternalServerError, ExitMachine, ""},
	"STORE_DISK_FULL": {http.StatusInsufficientStorage, ExitMachine, "free some disk space"},
	"KEY_":            {http.StatusInternalServerError, ExitMachine, ""},
	"WRONG_":          {http.StatusInternalServerError, ExitMachine, ""},
	"NEWER_":          {http.StatusInternalServerError, ExitMachine, "update the program"},
	"SOCKET_":         {http.StatusInternalServerError, ExitMachine, ""},
	"PASSPHRASE_":     {http.StatusBadRequest, ExitUsage, ""},
	"LIMIT_":          {http.StatusTooManyRequests, ExitNotNow, ""},
	"LATE_":           {http.StatusConflict, ExitNotNow, ""},
	"VERIFY_":         {http.StatusUnprocessableEntity, ExitRefused, ""},
	"PAIR-02":         {http.StatusBadRequest, ExitUsage, "copy the whole invitation, kontor1 and all that follows"},
	"PAIR-01":         {http.StatusBadRequest, ExitUsage, "copy the whole invitation, kontor1 and all that follows"},
	"PAIR-03":         {http.StatusConflict, ExitNotNow, "ask for a new invitation"},
	"PAIR-04":         {http.StatusConflict, ExitNotNow, "ask for a new invitation"},
	"PAIR-13":         {http.StatusConflict, ExitNotNow, "ask for a new invitation"},
	"INCOMPLETE":      {http.StatusOK, ExitIncomplete, ""},
}

// Meaning looks a code up. A code with a number (FORECAST-04) is a rule's and means a refusal; an unknown one is unforeseen.
func Meaning(code string) Class {
	if c, known := classes[code]; known {
		return c
	}
	for i := len(code) - 1; i > 0; i-- {
		if code[i] == '_' {
			if c, known := classes[code[:i+1]]; known {
				return c
			}
		}
	}
	if i := strings.LastIndexByte(code, '-'); i > 0 {
		return classes["REFUSED"]
	}
	return classes["INTERNAL"]
}
