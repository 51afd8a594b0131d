// Command docs writes the pages in docs/ that are made from the specs, and the editor's JSON schema. With -check it says which are stale.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"

	_ "winnow/filters/all"
	"winnow/internal/catalogue"
)

func main() {
	check := flag.Bool("check", false, "write nothing; fail when a page is stale")
	root := flag.String("root", ".", "repository root")
	flag.Parse()
	pages, err := catalogue.Pages()
	if err == nil {
		err = sync(*root, pages, *check)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "docs:", err)
		os.Exit(1)
	}
}

// sync writes the pages that differ and removes those that no spec makes any more.
func sync(root string, pages map[string][]byte, check bool) error {
	var stale []string
	for name, want := range pages {
		path := filepath.Join(root, filepath.FromSlash(name))
		have, err := os.ReadFile(path)
		if err == nil && bytes.Equal(have, want) {
			continue
		}
		stale = append(stale, name)
		if check {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, want, 0o644); err != nil {
			return err
		}
	}
	for _, dir := range catalogue.PageFolders {
		entries, err := os.ReadDir(filepath.Join(root, dir))
		if os.IsNotExist(err) {
			continue
		} else if err != nil {
			return err
		}
		for _, e := range entries {
			name := dir + "/" + e.Name()
			if pages[name] != nil {
				continue
			}
			stale = append(stale, name)
			if !check {
				if err := os.Remove(filepath.Join(root, name)); err != nil {
					return err
				}
			}
		}
	}
	sort.Strings(stale)
	if check && len(stale) > 0 {
		return fmt.Errorf("stale: %s; run `make docs`", strings.Join(stale, ", "))
	}
	return nil
}
