// Package corpus reads the texts of the shared data sets as plain rows. Tests measure on them what a filter costs in good text, and the targets that train
// what the project ships read their examples from them. No command uses it.
package corpus

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"

	"winnow/internal/shared"
)

// Set is a data set of good text: what a person wrote for a purpose, one text a row.
type Set struct {
	Name string
	Lang string
	Kind string // prose, dialogue, statute, poem, book, report, manual
	read func(dir string) ([]string, error)
}

// Sets lists the sets of good text.
func Sets() []Set {
	return []Set{
		{"medquad", "en", "prose", fields("data/medical/medquad.jsonl.zst", "question", "answer")},
		{"dialogue-zh", "zh", "dialogue", dialogueZh},
		{"instruct-zh", "zh", "dialogue", fields("data/medical/instruct-zh.alpaca.jsonl.zst", "instruction", "input", "output")},
		{"literature-zh", "zh", "dialogue", fields("data/medical/literature-zh.jsonl.zst", "instruction", "input", "output")},
		{"statutes-zh", "zh", "statute", archive("data/law/statutes-zh.tar.zst", 2500)},
		{"law-qa-zh", "zh", "prose", fields("data/law/qa-zh.jsonl.zst", "input", "output")},
		{"tatqa-en", "en", "report", fields("data/finance/tatqa-en.jsonl.zst", "table", "text")},
		{"finance-zh", "zh", "dialogue", fields("data/finance/instruct-zh.alpaca.jsonl.zst", "instruction", "input", "output")},
		{"hh-harmless-en", "en", "dialogue", fields("data/preference/hh-harmless-en.jsonl.zst", "chosen")},
		{"books-en", "en", "book", archive("data/general/books-en.tar.zst", 3000)},
		{"inaugural-en", "en", "prose", archive("data/general/inaugural-en.tar.zst", 3000)},
		{"state-union-en", "en", "prose", archive("data/general/state-union-en.tar.zst", 3000)},
		{"wikipedia-zh", "zh", "prose", fields("data/general/wikipedia-zh.jsonl.zst", "text")},
		{"poetry-zh", "zh", "poem", fields("data/general/poetry-zh.jsonl.zst", "title", "text")},
		{"tatoeba-en", "en", "pair", tatoeba(0)},
		{"tatoeba-zh", "zh", "pair", tatoeba(1)},
		{"bench-en", "en", "mixed", fields("bench/en.jsonl.zst", "text")},
		{"bench-zh", "zh", "mixed", fields("bench/zh.jsonl.zst", "text")},
	}
}

// Find returns the set of a name.
func Find(name string) (Set, bool) {
	for _, s := range Sets() {
		if s.Name == name {
			return s, true
		}
	}
	return Set{}, false
}

// Read returns the set's rows in order; dir is the shared folder.
func (s Set) Read(dir string) ([]string, error) {
	rows, err := s.read(dir)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Name, err)
	}
	return rows, nil
}

// JSONL reads a file of one JSON object a line.
func JSONL(dir, name string) ([]map[string]any, error) {
	data, err := shared.Read(filepath.Join(dir, filepath.FromSlash(name)))
	if err != nil {
		return nil, err
	}
	var out []map[string]any
	for line := range bytes.SplitSeq(data, []byte("\n")) {
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		row := map[string]any{}
		if err := json.Unmarshal(line, &row); err != nil {
			return nil, fmt.Errorf("%s, row %d: %w", name, len(out)+1, err)
		}
		out = append(out, row)
	}
	return out, nil
}

// fields joins columns of a JSONL file by line breaks.
func fields(name string, columns ...string) func(string) ([]string, error) {
	return func(dir string) ([]string, error) {
		rows, err := JSONL(dir, name)
		out := make([]string, 0, len(rows))
		for _, r := range rows {
			var parts []string
			for _, c := range columns {
				if s, _ := r[c].(string); s != "" {
					parts = append(parts, s)
				}
			}
			out = append(out, strings.Join(parts, "\n"))
		}
		return out, err
	}
}

func dialogueZh(dir string) ([]string, error) {
	data, err := shared.Read(filepath.Join(dir, "data/medical/dialogue-zh.gb18030.csv.gz"))
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			return nil, err
		}
		if data, err = io.ReadAll(z); err != nil {
			return nil, err
		}
	}
	if data, err = simplifiedchinese.GB18030.NewDecoder().Bytes(data); err != nil {
		return nil, err
	}
	records, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		return nil, err
	}
	var out []string
	for _, r := range records[1:] {
		out = append(out, r[2]+"\n"+r[3])
	}
	return out, nil
}

// tatoeba reads one column of the translations, each sentence once.
func tatoeba(column int) func(string) ([]string, error) {
	return func(dir string) ([]string, error) {
		data, err := shared.Read(filepath.Join(dir, "data/translation/tatoeba-en-zh.tsv.zst"))
		if err != nil {
			return nil, err
		}
		seen := map[string]bool{}
		var out []string
		for i, line := range strings.Split(string(data), "\n") {
			cells := strings.Split(line, "\t")
			if i == 0 || len(cells) < 2 || seen[cells[column]] {
				continue
			}
			seen[cells[column]] = true
			out = append(out, cells[column])
		}
		return out, nil
	}
}

// archive reads the text files of a tar archive, cut at blank lines (or any line break) into rows of about size bytes. The licence texts around
// Project Gutenberg's books are left out.
func archive(name string, size int) func(string) ([]string, error) {
	return func(dir string) ([]string, error) {
		data, err := shared.Read(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil {
			return nil, err
		}
		var out []string
		for r := tar.NewReader(bytes.NewReader(data)); ; {
			h, err := r.Next()
			if err == io.EOF {
				return out, nil
			}
			if err != nil {
				return nil, err
			}
			if ext := path.Ext(h.Name); h.Typeflag != tar.TypeReg || ext != ".txt" && ext != ".md" {
				continue
			}
			b, err := io.ReadAll(r)
			if err != nil {
				return nil, err
			}
			if !utf8.Valid(b) {
				if b, err = charmap.Windows1252.NewDecoder().Bytes(b); err != nil {
					return nil, err
				}
			}
			out = append(out, cut(string(b), size)...)
		}
	}
}

func cut(s string, size int) []string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	if i := strings.Index(s, "*** START OF"); i >= 0 {
		s = s[i+strings.IndexByte(s[i:]+"\n", '\n'):]
	}
	if i := strings.Index(s, "*** END OF"); i >= 0 {
		s = s[:i]
	}
	sep := "\n\n"
	if !strings.Contains(s, sep) {
		sep = "\n"
	}
	var out []string
	part := ""
	for p := range strings.SplitSeq(s, sep) {
		if p = strings.Trim(p, "\n"); p == "" {
			continue
		}
		if part != "" {
			part += sep
		}
		if part += p; len(part) >= size {
			out = append(out, part)
			part = ""
		}
	}
	if len(part) >= size/2 || len(out) == 0 && part != "" {
		out = append(out, part)
	}
	return out
}
