package bound

import (
	"errors"
	"fmt"
	"testing"
)

func TestOf(t *testing.T) {
	deep := Errorf(Depth, "nested deeper than %d", 16)
	for _, c := range []struct {
		err  error
		want string
	}{
		{nil, ""}, {errors.New("x"), ""}, {deep, Depth}, {fmt.Errorf("read: %w", deep), Depth},
		{errors.Join(errors.New("x"), fmt.Errorf("read: %w", deep)), Depth}, {Errorf("", "no limit"), ""},
	} {
		if got := Of(c.err); got != c.want {
			t.Errorf("%v: %q, not %q", c.err, got, c.want)
		}
	}
	if deep.Error() != "nested deeper than 16" {
		t.Error(deep)
	}
}

func TestNamesAreDistinct(t *testing.T) {
	seen := map[string]bool{}
	for _, name := range All {
		if name == "" || seen[name] {
			t.Errorf("%q stands twice", name)
		}
		seen[name] = true
	}
}
