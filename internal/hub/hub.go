// Package hub fetches models and data sets from a hub that speaks the protocol of huggingface.co: a list of files by name and revision, files by their resolve
// addresses, large ones redirected to another host, checksums in headers and in the list.
//
// Start at [FromEnvironment], [ParseRepo] and [Client.Pull]. What was fetched lies in a cache of the layout that huggingface_hub has (blobs by checksum, snapshots
// by commit, refs by revision), so that HF_HUB_CACHE may name one that both share; [Client.Cached] finds it again without a network.
//
// A hub is not trusted: names of files cannot lead out of the folder, sizes and checksums are compared with what arrives, answers are bounded, and the token is sent
// to the hub itself and to no host that it redirects to.
package hub

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"golang.org/x/net/http/httpproxy"

	"winnow/internal/version"
)

// DefaultEndpoint is the hub that is asked unless HF_ENDPOINT names another.
const DefaultEndpoint = "https://huggingface.co"

// Kind says what a repository holds, in the words of the hub's addresses.
type Kind string

// The kinds of repositories that can be fetched.
const (
	Model   Kind = "models"
	Dataset Kind = "datasets"
)

// Repo names a repository and one of its revisions: a branch, a tag or a commit.
type Repo struct {
	Kind     Kind
	Name     string // owner/name, or name alone
	Revision string
}

// String is the repository as it is written on the command line.
func (r Repo) String() string {
	if r.Revision == defaultRevision {
		return r.Name
	}
	return r.Name + "@" + r.Revision
}

const defaultRevision = "main"

var (
	repoName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,95}(/[A-Za-z0-9][A-Za-z0-9._-]{0,95})?$`)
	revision = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*$`)
)

// ParseRepo reads owner/name or owner/name@revision.
func ParseRepo(s string, kind Kind) (Repo, error) {
	name, rev, given := strings.Cut(s, "@")
	if !given {
		rev = defaultRevision
	}
	switch {
	case strings.Contains(s, "://"):
		return Repo{}, fmt.Errorf("%q is an address; write only owner/name, with @revision where it is not main", s)
	case !repoName.MatchString(name) || strings.Contains(name, "--") || strings.Contains(name, ".."):
		return Repo{}, fmt.Errorf("%q is no name of a repository: write owner/name or owner/name@revision", s)
	case !revision.MatchString(rev) || strings.Contains(rev, "..") || len(rev) > 200:
		return Repo{}, fmt.Errorf("%q is no revision: write the name of a branch, a tag or a commit after @", rev)
	}
	return Repo{kind, name, rev}, nil
}

// LooksLikeName says whether s, which names nothing on disk, may be meant as a repository: owner/name with at most a revision.
func LooksLikeName(s string) bool {
	_, err := ParseRepo(s, Model)
	name, _, _ := strings.Cut(s, "@")
	return err == nil && strings.Count(name, "/") == 1
}

// Client asks one hub. Its fields must not be changed while it is in use.
type Client struct {
	Endpoint string // scheme and host of the hub, a path where it has one; no slash at its end
	Token    string // sent to Endpoint alone; "" sends none
	Cache    string // folder of what was fetched
	Offline  bool   // ask nothing, take what the cache holds
	Attempts int    // tries of a request in a row without any progress
	Stall    time.Duration
	http     *http.Client
	sleep    func(context.Context, time.Duration) error
}

// FromEnvironment makes a client as the environment says: HF_ENDPOINT, HF_TOKEN, HF_HUB_CACHE (else HF_HOME/hub, else winnow/hub in the user's cache folder),
// HF_HUB_OFFLINE, and HTTP_PROXY, HTTPS_PROXY, NO_PROXY.
func FromEnvironment() (*Client, error) {
	endpoint := strings.TrimRight(os.Getenv("HF_ENDPOINT"), "/")
	if endpoint == "" {
		endpoint = DefaultEndpoint
	}
	u, err := url.Parse(endpoint)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("HF_ENDPOINT is %q; an address such as %s is expected", endpoint, DefaultEndpoint)
	}
	cache, err := cacheFolder()
	if err != nil {
		return nil, err
	}
	offline := map[string]bool{"1": true, "true": true, "yes": true, "on": true}[strings.ToLower(os.Getenv("HF_HUB_OFFLINE"))]
	return &Client{Endpoint: endpoint, Token: strings.TrimSpace(os.Getenv("HF_TOKEN")), Cache: cache, Offline: offline, Attempts: 5, Stall: time.Minute, http: newHTTP(), sleep: sleep}, nil
}

// cacheFolder is where fetched files are kept.
func cacheFolder() (string, error) {
	if dir := os.Getenv("HF_HUB_CACHE"); dir != "" {
		return filepath.Abs(dir)
	}
	if dir := os.Getenv("HF_HOME"); dir != "" {
		return filepath.Abs(filepath.Join(dir, "hub"))
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no folder for the cache: %w; set HF_HUB_CACHE to one", err)
	}
	return filepath.Join(dir, "winnow", "hub"), nil
}

// newHTTP makes a transport that follows no redirects by itself and gives up on a host that does not answer. There is no limit on the whole: files may be large.
func newHTTP() *http.Client {
	proxy := httpproxy.FromEnvironment().ProxyFunc()
	return &http.Client{
		Transport: &http.Transport{
			Proxy:                  func(r *http.Request) (*url.URL, error) { return proxy(r.URL) },
			DialContext:            (&net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
			ForceAttemptHTTP2:      true,
			TLSHandshakeTimeout:    30 * time.Second,
			ResponseHeaderTimeout:  time.Minute,
			IdleConnTimeout:        90 * time.Second,
			DisableCompression:     true, // lengths and ranges must be those of the file
			MaxResponseHeaderBytes: 1 << 20,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func userAgent() string { return "winnow/" + version.String() }

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
