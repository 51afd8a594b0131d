package datasets

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sort"
	"strings"
	"unicode/utf8"
)

// hasMeta reports whether a path holds characters of a pattern.
func hasMeta(p string) bool { return strings.ContainsAny(p, "*?[{") }

// checkPattern returns what is wrong with a pattern.
func checkPattern(pattern string) error {
	for _, p := range expandBraces(pattern) {
		for part := range strings.SplitSeq(filepath.ToSlash(p), "/") {
			if _, err := path.Match(part, ""); err != nil {
				return fmt.Errorf("the pattern %q is malformed near %q: a [ needs its ]", pattern, part)
			}
		}
	}
	return nil
}

// expandBraces returns the patterns that {a,b} stands for, nested ones included. A brace without its partner is an ordinary character.
func expandBraces(pattern string) []string {
	open := -1
	depth := 0
	var commas []int
	for i := 0; i < len(pattern); i++ {
		switch pattern[i] {
		case '{':
			if depth == 0 {
				open, commas = i, nil
			}
			depth++
		case ',':
			if depth == 1 {
				commas = append(commas, i)
			}
		case '}':
			if depth == 0 {
				continue
			}
			depth--
			if depth > 0 || len(commas) == 0 {
				continue
			}
			var out []string
			start := open + 1
			for _, end := range append(commas, i) {
				out = append(out, expandBraces(pattern[:open]+pattern[start:end]+pattern[i+1:])...)
				start = end + 1
				if len(out) > 1024 {
					return out[:1024]
				}
			}
			return out
		}
	}
	return []string{pattern}
}

// matchPath reports whether a path of slashes matches a pattern; ** stands for any number of folders, none included.
func matchPath(pattern, name string) bool {
	for _, p := range expandBraces(pattern) {
		if matchParts(strings.Split(p, "/"), strings.Split(name, "/")) {
			return true
		}
	}
	return false
}

func matchParts(pattern, name []string) bool {
	for len(pattern) > 0 {
		if pattern[0] == "**" {
			for len(pattern) > 1 && pattern[1] == "**" {
				pattern = pattern[1:]
			}
			for i := 0; i <= len(name); i++ {
				if matchParts(pattern[1:], name[i:]) {
					return true
				}
			}
			return false
		}
		if len(name) == 0 {
			return false
		}
		if ok, err := path.Match(pattern[0], name[0]); err != nil || !ok {
			return false
		}
		pattern, name = pattern[1:], name[1:]
	}
	return len(name) == 0
}

// skippedInFolders are files that describe a data set instead of holding its rows. A pattern that names them finds them all the same.
func skippedInFolders(base string) bool {
	lower := strings.ToLower(base)
	for _, prefix := range []string{".", "_", "readme", "license", "licence", "dataset_info", "dataset_dict"} {
		if strings.HasPrefix(lower, prefix) {
			return true
		}
	}
	return lower == "state.json" || strings.HasSuffix(lower, ".sha256") || strings.HasSuffix(lower, ".part")
}

// glob lists the files that one path of a source stands for, sorted. base is the folder that relative paths start at.
func glob(pattern, base string) ([]string, error) {
	full := pattern
	if !filepath.IsAbs(full) {
		full = filepath.Join(base, full)
	}
	if info, err := os.Stat(full); err == nil { // a name that exists is taken as it is, whatever characters it holds
		if info.IsDir() {
			return listFolder(full)
		}
		return []string{full}, nil
	} else if !hasMeta(pattern) {
		if !os.IsNotExist(err) {
			return nil, err
		}
		return nil, &noMatchError{pattern, base, suggest(full)}
	}
	seen := map[string]bool{}
	for _, p := range expandBraces(filepath.ToSlash(full)) {
		root, rest := splitPattern(p)
		err := walk(root, func(name string) {
			rel := strings.TrimPrefix(strings.TrimPrefix(filepath.ToSlash(name), root), "/")
			if matchParts(strings.Split(rest, "/"), strings.Split(rel, "/")) {
				seen[name] = true
			}
		})
		if err != nil {
			return nil, err
		}
	}
	if len(seen) == 0 {
		return nil, &noMatchError{pattern, base, suggest(full)}
	}
	return sortedKeys(seen), nil
}

// splitPattern returns the folder before the first part with a pattern's characters, and the rest.
func splitPattern(p string) (root, rest string) {
	parts := strings.Split(p, "/")
	for i, part := range parts {
		if hasMeta(part) || i == len(parts)-1 {
			root = strings.Join(parts[:i], "/")
			if root == "" && strings.HasPrefix(p, "/") {
				root = "/"
			}
			return root, strings.Join(parts[i:], "/")
		}
	}
	return p, ""
}

// walk calls found for every file below root. Hidden folders are left out; links to files and folders are followed, a link into a folder that
// contains it only once.
func walk(root string, found func(name string)) error {
	visited := map[string]bool{}
	var visit func(dir string) error
	visit = func(dir string) error {
		if real, err := filepath.EvalSymlinks(dir); err == nil {
			if visited[real] {
				return nil
			}
			visited[real] = true
		}
		entries, err := os.ReadDir(dir)
		if err != nil {
			if os.IsNotExist(err) {
				return nil
			}
			return err
		}
		for _, e := range entries {
			name := filepath.Join(dir, e.Name())
			isDir, regular := e.IsDir(), e.Type().IsRegular()
			if e.Type()&fs.ModeSymlink != 0 {
				info, err := os.Stat(name)
				if err != nil {
					continue
				}
				isDir, regular = info.IsDir(), info.Mode().IsRegular()
			}
			switch {
			case isDir && !strings.HasPrefix(e.Name(), "."):
				if err := visit(name); err != nil {
					return err
				}
			case regular:
				found(name)
			}
		}
		return nil
	}
	return visit(filepath.FromSlash(root))
}

// listFolder returns the files of a folder that hold rows: known formats and archives, without cards and hidden files.
func listFolder(dir string) ([]string, error) {
	var out []string
	others := 0
	err := walk(dir, func(name string) {
		base := filepath.Base(name)
		if skippedInFolders(base) {
			return
		}
		if formatByName(base) == nil && !isArchiveName(base) {
			others++
			return
		}
		out = append(out, name)
	})
	if err != nil {
		return nil, err
	}
	if len(out) == 0 {
		hint := "it is empty"
		if others > 0 {
			hint = fmt.Sprintf("the %d files in it have no known extension; name them with a pattern and set `format`", others)
		}
		return nil, fmt.Errorf("the folder %s holds no file of a known format: %s", dir, hint)
	}
	sort.Strings(out)
	return out, nil
}

// noMatchError is a path that stands for no file.
type noMatchError struct {
	pattern, base, near string
}

func (e *noMatchError) Error() string {
	where := ""
	if !filepath.IsAbs(e.pattern) {
		where = fmt.Sprintf(" in %s", e.base)
	}
	return fmt.Sprintf("nothing matches %q%s%s", e.pattern, where, e.near)
}

// suggest looks for what may have been meant by a path that is not there: the deepest folder that exists, and the nearest name in it.
func suggest(full string) string {
	dir, rest := filepath.Dir(full), filepath.Base(full)
	for {
		if info, err := os.Stat(dir); err == nil && info.IsDir() {
			break
		}
		up := filepath.Dir(dir)
		if up == dir {
			return ""
		}
		dir, rest = up, filepath.Base(dir)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return ""
	}
	var names []string
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") && utf8.ValidString(e.Name()) {
			names = append(names, e.Name())
		}
	}
	if len(names) == 0 {
		return fmt.Sprintf("; %s is empty", dir)
	}
	return fmt.Sprintf("; in %s%s", dir, strings.TrimPrefix(didYouMean(rest, names), ";"))
}
