package door

import (
	"archive/zip"
	"bytes"
	"io"
	"testing"
)

// archive adds a part to a zip archive, or begins one.
func archive(t *testing.T, to []byte, name string, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	if to != nil {
		r, err := zip.NewReader(bytes.NewReader(to), int64(len(to)))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range r.File {
			in, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			out, err := w.Create(f.Name)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.Copy(out, in); err != nil {
				t.Fatal(err)
			}
		}
	}
	out, err := w.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := out.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
