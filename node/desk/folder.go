package desk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"kontor/node"
	"kontor/node/intake"
)

// Folders of a company's home that other systems put files into and take them from. They are looked at only where they exist: making the
// folder is how one turns it on.
const (
	inboxFolder  = "inbox"  // files to import; a folder of a kind's name inside says the kind
	doneFolder   = "done"   // imported, each with its report
	failedFolder = "failed" // refused, each with its report
	outboxFolder = "outbox" // what partners shared and is in force; in a folder own inside, forecasts of buyers in own numbers
)

const (
	folderPoll  = 2 * time.Second
	folderQuiet = 2 * time.Second // a file that changed within it may still be written
	maxPass     = 1_000           // files of one pass, so that a pass ends
)

// folderReport stands beside a file in done or failed.
type folderReport struct {
	File   string        `json:"file"`
	Result *ImportResult `json:"result,omitempty"`
	Error  string        `json:"error,omitempty"`
	Note   string        `json:"note,omitempty"`
}

// Folders imports what is put into the inbox and writes what partners shared to the outbox, until ctx ends. Every file of the inbox is imported
// once, also when the node is killed in between: that it was imported is noted in the same transaction. A file of the outbox is written under
// the name of its content, so that one written twice by a kill replaces itself.
func (d *Desk) Folders(ctx context.Context) error {
	home := string(d.node.Home())
	tick := time.NewTicker(folderPoll)
	defer tick.Stop()
	for {
		if err := d.foldersOnce(ctx, home, time.Now()); err != nil && ctx.Err() == nil {
			d.node.Log().Warn("folders not worked off", "reason", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (d *Desk) foldersOnce(ctx context.Context, home string, now time.Time) error {
	return errors.Join(d.inboxOnce(ctx, home, now), d.outboxOnce(home), d.ownOutboxOnce(home))
}

// inboxKinds name the folders of the inbox; the first stands for files at its top.
var inboxKinds = []intake.Kind{"", intake.Forecast, intake.History, intake.Capacity, intake.Stock, intake.Bill, intake.Products, intake.Campaign, intake.Quality, intake.Performance, intake.Answers, intake.Terms,
	intake.Notices, intake.Exceptions, intake.Despatch, intake.Receipt}

// inboxOnce works off the inbox: files at its top, whose content says what they are, those in a folder named by a kind, and those in a
// folder of a partner inside, for whom a mapping may be kept.
func (d *Desk) inboxOnce(ctx context.Context, home string, now time.Time) error {
	root := filepath.Join(home, inboxFolder)
	var failures []error
	for _, kind := range inboxKinds {
		failures = append(failures, d.inboxPass(ctx, home, filepath.Join(root, string(kind)), kind, "", now))
		if kind == "" {
			continue // a folder there is a kind's
		}
		partners, err := os.ReadDir(filepath.Join(root, string(kind)))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		for i, p := range partners {
			if p.IsDir() && i < maxPass && !strings.HasPrefix(p.Name(), ".") {
				failures = append(failures, d.inboxPass(ctx, home, filepath.Join(root, string(kind), p.Name()), kind, p.Name(), now))
			}
		}
	}
	return errors.Join(failures...)
}

// inboxPass works off the files of one folder.
func (d *Desk) inboxPass(ctx context.Context, home, folder string, kind intake.Kind, partner string, now time.Time) error {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var failures []error
	for i, e := range entries {
		if ctx.Err() != nil || i == maxPass {
			break
		}
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() || strings.HasPrefix(e.Name(), ".") || slices.Contains([]string{".tmp", ".part"}, filepath.Ext(e.Name())) || now.Sub(info.ModTime()) < folderQuiet {
			continue
		}
		if err := d.inboxFile(home, filepath.Join(folder, e.Name()), kind, partner); err != nil {
			failures = append(failures, fmt.Errorf("%s: %w", e.Name(), err))
		}
	}
	return errors.Join(failures...)
}

// inboxFile imports one file and moves it away. An error leaves it where it is, for the next pass.
func (d *Desk) inboxFile(home, path string, kind intake.Kind, partner string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	data, err := io.ReadAll(io.LimitReader(f, intake.MaxBytes+1))
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	place := filepath.Base(path) + "\x00" + string(kind) + "\x00"
	if partner != "" {
		place += partner + "\x00"
	}
	sum := sha256.Sum256(append([]byte(place), data...))
	once := hex.EncodeToString(sum[:])
	report := folderReport{File: filepath.Base(path)}
	to := doneFolder
	result, err := d.importKind(kind, data, ImportOptions{once: once, at: d.node.Now(), From: partner, File: report.File})
	if result.Report != nil {
		report.Result = &result
	}
	switch {
	case err == nil:
	case errors.Is(err, errTaken):
		report.Result, report.Note = nil, "imported before: the file was here already, or the node stopped before it was moved"
	case ofTheFile(err):
		to, report.Error = failedFolder, err.Error()
	default:
		return err // of this machine, not of the file
	}
	return d.moveWithReport(filepath.Join(home, to), path, once[:8], report)
}

// ofTheFile tells a complaint about what was sent from trouble of this machine, such as a full disk: the first stays true however often the file is read.
func ofTheFile(err error) bool {
	var f *node.Failure
	return errors.As(err, &f)
}

// moveWithReport puts the report in place first, so that no file is moved without one.
func (d *Desk) moveWithReport(folder, path, mark string, report folderReport) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	target := filepath.Join(folder, mark+"-"+shortened(filepath.Base(path)))
	text, err := json.MarshalIndent(report, "", " ")
	if err != nil {
		return err
	}
	if _, err := os.Stat(target + ".report.json"); errors.Is(err, os.ErrNotExist) || report.Note == "" {
		if err := d.writeWhole(target+".report.json", append(text, '\n')); err != nil {
			return err
		}
	}
	if err := os.Rename(path, target); err != nil {
		return err
	}
	d.did("moved", target)
	return nil
}

// maxFileName is the longest name that is kept whole: with what is put around it, it must stay below the 255 bytes of a directory's entry, or the file
// would stay in the inbox and be read in each pass.
const maxFileName = 180

// shortened keeps the end of a long file name, with its ending.
func shortened(name string) string {
	if len(name) <= maxFileName {
		return name
	}
	name = name[len(name)-maxFileName:]
	for len(name) > 0 && !utf8.RuneStart(name[0]) {
		name = name[1:]
	}
	return name
}

// writeWhole writes a file that is there in full or not at all. What a killed node left of it is written over.
func (d *Desk) writeWhole(path string, data []byte) error {
	f, err := os.OpenFile(filepath.Join(filepath.Dir(path), ".writing-"+filepath.Base(path)), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		d.did("written", path)
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
		return err
	}
	d.did("named", path)
	return nil
}
