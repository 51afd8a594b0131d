// Package version says which winnow this is.
package version

import "runtime/debug"

// number is the release that this source leads to.
const number = "0.1.0"

// String returns the version: the release, and the commit it was built from where the build knows it.
func String() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return number
	}
	commit, dirty := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision" && len(s.Value) >= 12:
			commit = "+" + s.Value[:12]
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = ".modified"
		}
	}
	return number + commit + dirty
}
