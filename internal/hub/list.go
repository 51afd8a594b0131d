package hub

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"github.com/go-json-experiment/json"
)

// longestList bounds the answer that lists a repository's files: 64 MiB are some 300,000 of them.
const longestList = 64 << 20

// File is one file of a repository. What the hub did not say is empty; then nothing can be compared.
type File struct {
	Path   string // with slashes
	Size   int64  // bytes; -1 when unknown
	SHA256 string // hex, of large files
	SHA1   string // hex, of small files: that of the git blob, which begins with "blob SIZE\0"
	etag   string // when it is neither
}

// id names the file's content in the cache: the checksum, else the ETag.
func (f File) id() string {
	switch {
	case f.SHA256 != "":
		return f.SHA256
	case f.SHA1 != "":
		return f.SHA1
	}
	return f.etag
}

// Listing is what a repository holds at one commit.
type Listing struct {
	Commit string
	Files  []File
}

var (
	sha1Hex   = regexp.MustCompile(`^[0-9a-f]{40}$`)
	sha256Hex = regexp.MustCompile(`^[0-9a-f]{64}$`)
	plainName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$`)
)

// List asks for the files of a repository. The commit pins the revision: a branch that moves during a download does not mix two states.
func (c *Client) List(ctx context.Context, r Repo, say func(string)) (Listing, error) {
	address := fmt.Sprintf("%s/api/%s/%s/revision/%s?blobs=true", c.Endpoint, r.Kind, r.Name, url.PathEscape(r.Revision))
	var out Listing
	err := c.retry(ctx, say, func() (bool, error) {
		a, err := c.send(ctx, http.MethodGet, address, http.Header{"Accept": {"application/json"}})
		if err != nil {
			return false, err
		}
		defer func() { _ = a.Body.Close() }()
		if a.StatusCode != http.StatusOK {
			return false, c.refusal(a, r, r.String())
		}
		data, err := readAll(a.Body, longestList)
		if err != nil {
			return false, broken(ctx, "the list of files of "+r.String(), err)
		}
		out, err = parseListing(data)
		if err != nil {
			return false, fmt.Errorf("%s: the list of files is not what a hub sends: %w; is HF_ENDPOINT (%s) right?", r, err, c.Endpoint)
		}
		return true, nil
	})
	return out, err
}

// parseListing reads the hub's answer and refuses names that could lead out of the folder.
func parseListing(data []byte) (Listing, error) {
	var in struct {
		SHA      string `json:"sha"`
		Siblings []struct {
			Name string `json:"rfilename"`
			Size *int64 `json:"size"`
			Blob string `json:"blobId"`
			LFS  *struct {
				SHA256 string `json:"sha256"`
				OID    string `json:"oid"`
				Size   *int64 `json:"size"`
			} `json:"lfs"`
		} `json:"siblings"`
	}
	if err := json.Unmarshal(data, &in); err != nil {
		return Listing{}, err
	}
	if !plainName.MatchString(in.SHA) || strings.Contains(in.SHA, "..") {
		return Listing{}, fmt.Errorf("sha is %q, a commit is expected", in.SHA)
	}
	out := Listing{Commit: in.SHA}
	seen := map[string]bool{}
	for _, s := range in.Siblings {
		if err := safeName(s.Name); err != nil {
			return Listing{}, err
		}
		if seen[s.Name] {
			return Listing{}, fmt.Errorf("file %q is listed twice", s.Name)
		}
		seen[s.Name] = true
		f := File{Path: s.Name, Size: -1}
		if s.Size != nil && *s.Size >= 0 {
			f.Size = *s.Size
		}
		switch {
		case s.LFS != nil:
			for _, sum := range []string{s.LFS.SHA256, strings.TrimPrefix(s.LFS.OID, "sha256:")} {
				if sha256Hex.MatchString(sum) {
					f.SHA256 = sum
				}
			}
			if s.LFS.Size != nil && *s.LFS.Size >= 0 {
				f.Size = *s.LFS.Size
			}
		case sha1Hex.MatchString(s.Blob):
			f.SHA1 = s.Blob
		}
		out.Files = append(out.Files, f)
	}
	for name := range seen { // "a" and "a/b" cannot both be files
		for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
			if seen[dir] {
				return Listing{}, fmt.Errorf("%q is listed as a file and as a folder", dir)
			}
		}
	}
	return out, nil
}

// safeName refuses what is no plain relative path.
func safeName(name string) error {
	wrong := name == "" || len(name) > 1000 || path.IsAbs(name) || path.Clean(name) != name || !filepath.IsLocal(filepath.FromSlash(name)) || strings.Contains(name, `\`)
	for part := range strings.SplitSeq(name, "/") {
		wrong = wrong || part == ".." || strings.EqualFold(part, workFolder)
	}
	for _, r := range name {
		wrong = wrong || unicode.IsControl(r) || r == unicode.ReplacementChar
	}
	if wrong {
		return fmt.Errorf("the hub lists a file named %q, which could be written outside the folder or not at all: refused", printable(name))
	}
	return nil
}

// identify asks for size and checksum of a file that the list says too little of. A hub that answers no HEAD leaves them unknown.
func (c *Client) identify(ctx context.Context, r Repo, commit string, f *File, say func(string)) error {
	if f.id() != "" && f.Size >= 0 {
		return nil
	}
	return c.retry(ctx, say, func() (bool, error) {
		a, err := c.send(ctx, http.MethodHead, c.resolve(r, commit, f.Path), nil)
		if err != nil {
			return false, err
		}
		_ = a.Body.Close()
		if a.StatusCode == http.StatusMethodNotAllowed || a.StatusCode == http.StatusNotImplemented {
			return false, nil
		}
		if a.StatusCode != http.StatusOK && !redirects(a.StatusCode) {
			return false, c.refusal(a, r, f.Path)
		}
		if f.Size < 0 {
			f.Size = a.size()
		}
		a.identity(f)
		return false, nil
	})
}

// size is the file's, as the hub gives it, or -1.
func (a *answer) size() int64 {
	if n, err := strconv.ParseInt(a.linked.Get("X-Linked-Size"), 10, 64); err == nil && n >= 0 {
		return n
	}
	if redirects(a.StatusCode) {
		return -1
	}
	return a.ContentLength
}

// identity takes a file's checksum from X-Linked-ETag or ETag, where the list gave none.
func (a *answer) identity(f *File) {
	if f.id() != "" {
		return
	}
	tag := a.linked.Get("X-Linked-Etag")
	if tag == "" && !redirects(a.StatusCode) {
		tag = a.Header.Get("Etag")
	}
	tag = strings.Trim(strings.TrimPrefix(tag, "W/"), `"`)
	switch {
	case sha256Hex.MatchString(tag):
		f.SHA256 = tag
	case sha1Hex.MatchString(tag):
		f.SHA1 = tag
	case plainName.MatchString(tag):
		f.etag = tag
	}
}

// resolve is a file's address at a commit.
func (c *Client) resolve(r Repo, commit, file string) string {
	parts := strings.Split(file, "/")
	for i, p := range parts {
		parts[i] = url.PathEscape(p)
	}
	return c.page(r) + "/resolve/" + url.PathEscape(commit) + "/" + strings.Join(parts, "/")
}

// broken explains a body that ended early or not at all.
func broken(ctx context.Context, what string, err error) error {
	if cause := context.Cause(ctx); errors.Is(cause, errStalled) {
		err = errStalled
	} else if cause != nil {
		return cause
	}
	return temporary{error: fmt.Errorf("%s was cut off: %w", what, err)}
}
