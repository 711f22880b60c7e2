// What can go wrong, and who is told. See docs/architecture.md, "Errors".
//
// Text of every error: what is wrong: where (why). What to do.
#pragma once

#include <stdexcept>
#include <string>

namespace trawl {

// Exit codes of the program; scripts rely on them.
enum class ExitCode : int {
  complete = 0,
  internal_error = 1,
  bad_input = 2,     // usage or input of the user is wrong; nothing was done
  quarantined = 3,   // more rows were quarantined than allowed
  incomplete = 4,    // some datasets failed; they are listed
  check_failed = 5,  // verification or audit failed
  interrupted = 75,  // can be resumed (EX_TEMPFAIL of sysexits.h)
};

class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The user asked for something that cannot be: wrong option, wrong predicate. Ends the run before
// any work.
class InputError : public Error {
 public:
  using Error::Error;
};

// A dataset cannot be read or is damaged. Not an error of the run: it is retried, then recorded in
// the ledger.
class DataError : public Error {
 public:
  using Error::Error;
};

// Thrown by every rank at a phase border when any rank failed there; all ranks carry the same text.
class CollectiveError : public Error {
 public:
  CollectiveError(ExitCode code, const std::string& text) : Error(text), code_(code) {}
  ExitCode code() const { return code_; }

 private:
  ExitCode code_;
};

// A check of a certificate, a summary or an audit failed: exit code 5.
class CheckError : public Error {
 public:
  using Error::Error;
};

// The exit code that belongs to an exception of this program; internal_error for any other.
ExitCode exit_code_of(const std::exception& error);

}  // namespace trawl
