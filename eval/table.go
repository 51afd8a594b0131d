package eval

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// table is a small file of rows with named columns: CSV, TSV or JSON Lines. Column names are lower case.
type table struct {
	path    string
	columns []string
	rows    []tableRow
}

type tableRow struct {
	line   int // where the row begins in the file, from 1
	values map[string]string
}

// readTable reads CSV, TSV or JSON Lines; which of them it is shows from the name and from the first line.
func readTable(env Env, path string) (*table, error) {
	data, err := readSet(env, path)
	if err != nil {
		return nil, err
	}
	return parseTable(path, data)
}

// readSet reads a published set. Their licences keep them out of the program, so one that is not there gets a message of its own.
func readSet(env Env, path string) ([]byte, error) {
	data, err := env.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no file %s: published sets are not shipped; name the file where you have it", path)
	}
	return data, err
}

func parseTable(path string, data []byte) (*table, error) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if at := invalidUTF8(data); at >= 0 {
		return nil, fmt.Errorf("%s: byte %d is not UTF-8; save the file as UTF-8", path, at)
	}
	t := &table{path: path}
	head, _, _ := bytes.Cut(bytes.TrimLeft(data, "\r\n\t "), []byte("\n"))
	var err error
	switch {
	case len(head) == 0:
		return nil, fmt.Errorf("%s is empty", path)
	case head[0] == '{':
		err = t.readJSON(data)
	case strings.Contains(filepath.Base(path), ".tsv") || bytes.ContainsRune(head, '\t') && !bytes.ContainsRune(head, ','):
		err = t.readTSV(data)
	default:
		err = t.readCSV(data)
	}
	if err != nil {
		return nil, err
	}
	if len(t.rows) == 0 {
		return nil, fmt.Errorf("%s holds no rows, only the columns %s", path, strings.Join(t.columns, ", "))
	}
	return t, nil
}

func invalidUTF8(data []byte) int {
	if utf8.Valid(data) {
		return -1
	}
	at := 0
	for {
		r, n := utf8.DecodeRune(data[at:])
		if r == utf8.RuneError && n <= 1 {
			return at
		}
		at += n
	}
}

func (t *table) setColumns(names []string) error {
	for _, n := range names {
		n = strings.ToLower(strings.TrimSpace(n))
		if n != "" && slices.Contains(t.columns, n) {
			return fmt.Errorf("%s: the column %q stands twice in the first line", t.path, n)
		}
		t.columns = append(t.columns, n)
	}
	return nil
}

func (t *table) add(line int, values []string) error {
	if len(values) != len(t.columns) {
		return fmt.Errorf("%s, line %d: %d fields, but the first line names %d columns; quote fields that hold a separator", t.path, line, len(values), len(t.columns))
	}
	row := tableRow{line, make(map[string]string, len(values))}
	for i, v := range values {
		row.values[t.columns[i]] = strings.TrimSpace(v)
	}
	t.rows = append(t.rows, row)
	return nil
}

func (t *table) readCSV(data []byte) error {
	r := csv.NewReader(bytes.NewReader(data))
	r.FieldsPerRecord = -1
	for {
		fields, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", t.path, err)
		}
		line, _ := r.FieldPos(0)
		if t.columns == nil {
			err = t.setColumns(fields)
		} else {
			err = t.add(line, fields)
		}
		if err != nil {
			return err
		}
	}
}

// readTSV reads fields as they are: quotation marks in tab-separated files mean themselves.
func (t *table) readTSV(data []byte) error {
	line := 0
	for text := range strings.Lines(string(data)) {
		line++
		if text = strings.TrimRight(text, "\r\n"); text == "" {
			continue
		}
		fields := strings.Split(text, "\t")
		var err error
		if t.columns == nil {
			err = t.setColumns(fields)
		} else {
			err = t.add(line, fields)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// readJSON reads an object from each line. Strings, numbers and booleans become text; what nests is left out.
func (t *table) readJSON(data []byte) error {
	return eachJSON(t.path, data, func(line int, raw []byte) error {
		var object map[string]any
		if err := json.Unmarshal(raw, &object); err != nil {
			return fmt.Errorf("%s, line %d: %w", t.path, line, err)
		}
		row := tableRow{line, map[string]string{}}
		for k, v := range object {
			k = strings.ToLower(k)
			switch v := v.(type) {
			case string:
				row.values[k] = strings.TrimSpace(v)
			case float64:
				row.values[k] = strconv.FormatFloat(v, 'g', -1, 64)
			case bool:
				row.values[k] = strconv.FormatBool(v)
			default:
				continue
			}
			if !slices.Contains(t.columns, k) {
				t.columns = append(t.columns, k)
			}
		}
		t.rows = append(t.rows, row)
		return nil
	})
}

// eachJSON calls visit with every line that is not blank.
func eachJSON(path string, data []byte, visit func(line int, raw []byte) error) error {
	in := bufio.NewScanner(bytes.NewReader(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))))
	in.Buffer(nil, 16<<20)
	for line := 1; in.Scan(); line++ {
		if raw := bytes.TrimSpace(in.Bytes()); len(raw) > 0 {
			if err := visit(line, raw); err != nil {
				return err
			}
		}
	}
	if err := in.Err(); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// has says whether the table has all of the columns.
func (t *table) has(columns ...string) bool {
	for _, c := range columns {
		if !slices.Contains(t.columns, c) {
			return false
		}
	}
	return true
}

// lists names the columns that there are, for messages.
func (t *table) lists() string {
	names := slices.DeleteFunc(slices.Clone(t.columns), func(s string) bool { return s == "" })
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// text returns the value of a column that must not be empty.
func (t *table) text(row tableRow, column string) (string, error) {
	v := row.values[column]
	if v == "" {
		return "", fmt.Errorf("%s, line %d: the column %s is empty", t.path, row.line, column)
	}
	return v, nil
}
