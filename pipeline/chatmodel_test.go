package pipeline

import "testing"

func TestStopsEndAnAnswer(t *testing.T) {
	for _, c := range []struct {
		text  string
		stops []string
		want  string
		ended bool
		held  int // bytes at the end that wait
	}{
		{"one two", nil, "one two", false, 0},
		{"one two", []string{"two"}, "one ", true, 0},
		{"one two three", []string{"three", "two"}, "one ", true, 0},
		{"one t", []string{"two"}, "one t", false, 1},
		{"a\n\nUse", []string{"\n\nUser:"}, "a\n\nUse", false, 5},
		{"aab", []string{"aabb", "b"}, "aa", true, 2},
		{"", []string{"x"}, "", false, 0},
	} {
		got, ended := cutAt(c.text, c.stops)
		if got != c.want || ended != c.ended {
			t.Errorf("%q: %q %v", c.text, got, ended)
		}
		if held := begun(got, c.stops); held != c.held {
			t.Errorf("%q: %d bytes wait, want %d", c.text, held, c.held)
		}
	}
}
