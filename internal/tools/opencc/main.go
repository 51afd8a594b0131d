// Command opencc packs the dictionaries of OpenCC (https://github.com/BYVoid/OpenCC, Apache-2.0) for the package internal/text/opencc. It reads the archive of
// OpenCC's text dictionaries and writes tables.zst and the licence beside the package:
//
//	go run ./internal/tools/opencc ../shared/data/language/opencc.tar.zst internal/text/opencc
//
// Of a key's candidates only the first is kept, comments are left out, and the forms that common fonts lack (marked @tofu-risk) become a table of their own.
// Three tables of variants are written the other way round, too, as OpenCC does when it is built.
package main

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"

	"winnow/internal/shared"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: opencc ARCHIVE FOLDER")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "opencc:", err)
		os.Exit(1)
	}
}

func run(archive, folder string) error {
	data, err := shared.Read(archive)
	if err != nil {
		return err
	}
	files := map[string]string{}
	r := tar.NewReader(bytes.NewReader(data))
	for {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		content, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		files[path.Base(h.Name)] = string(content)
	}
	var names []string
	for name := range files {
		if strings.HasSuffix(name, ".txt") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var out bytes.Buffer
	for _, name := range names {
		table := strings.TrimSuffix(name, ".txt")
		plain, risky := lines(files[name])
		fmt.Fprintf(&out, "[%s]\n%s", table, plain)
		if risky != "" {
			fmt.Fprintf(&out, "[%sExt]\n%s", table, risky)
		}
		switch table {
		case "STCharacters", "TSCharacters":
			fmt.Fprintf(&out, "[%sOnly]\n%s\tonly\n", table, oneWay(files[name]))
		case "TWVariants", "HKVariants", "JPShinjitaiCharacters":
			fmt.Fprintf(&out, "[%sRev]\n%s", table, reversed(files[name]))
		}
	}
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression))
	if err != nil {
		return err
	}
	packed := enc.EncodeAll(out.Bytes(), nil)
	if err := os.WriteFile(filepath.Join(folder, "tables.zst"), packed, 0o644); err != nil {
		return err
	}
	fmt.Printf("%d tables, %d bytes, packed %d\n", len(names), out.Len(), len(packed))
	return os.WriteFile(filepath.Join(folder, "LICENSE.opencc"), []byte(files["LICENSE"]), 0o644)
}

// lines returns a dictionary's lines as key, tab, first candidate; and those of the keys marked @tofu-risk with their second candidate.
func lines(file string) (plain, risky string) {
	var a, b strings.Builder
	marked := false
	for line := range strings.Lines(file) {
		line = strings.TrimRight(line, "\r\n")
		if strings.HasPrefix(line, "#") {
			marked = strings.Contains(line, "@tofu-risk")
			continue
		}
		key, value, ok := strings.Cut(line, "\t")
		if !ok {
			continue
		}
		candidates := strings.Split(value, " ")
		fmt.Fprintf(&a, "%s\t%s\n", key, candidates[0])
		if marked && len(candidates) > 1 {
			fmt.Fprintf(&b, "%s\t%s\n", key, candidates[1])
		}
		marked = false
	}
	return a.String(), b.String()
}

// reversed returns a line for every candidate of a dictionary, with the key as its value. Keys that stay as they are by
// default are left out, and characters marked @reverse-prefer stay.
func reversed(file string) string {
	var out, preferred strings.Builder
	for line := range strings.Lines(file) {
		line = strings.TrimRight(line, "\r\n")
		if _, c, ok := strings.Cut(line, "@reverse-prefer: "); ok && strings.HasPrefix(line, "#") {
			fmt.Fprintf(&preferred, "%s\t%s\n", c, c)
		}
		key, value, ok := strings.Cut(line, "\t")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		candidates := strings.Split(value, " ")
		if candidates[0] == key {
			continue
		}
		for _, c := range candidates {
			fmt.Fprintf(&out, "%s\t%s\n", c, key)
		}
	}
	return preferred.String() + out.String()
}

// oneWay returns the characters of a dictionary that are never kept as they are: they belong to one script alone.
func oneWay(file string) string {
	var out strings.Builder
	for line := range strings.Lines(file) {
		key, value, ok := strings.Cut(strings.TrimRight(line, "\r\n"), "\t")
		if ok && !strings.HasPrefix(line, "#") && !slices.Contains(strings.Split(value, " "), key) {
			out.WriteString(key)
		}
	}
	return out.String()
}
