#include "runtime/server/local_certificate.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include <memory>

#include "base/error.h"
#include "base/files.h"

namespace cwrangler::server {
namespace {

template <auto Function>
struct Freed {
  template <typename T>
  void operator()(T* object) const {
    Function(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<::EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freed<::X509_free>>;
using Bio = std::unique_ptr<BIO, Freed<::BIO_free>>;

constexpr int kDaySeconds = 24 * 60 * 60;
/// Some clients refuse a certificate that is valid for more than 398 days (CA/Browser Forum).
constexpr int kValidDays = 365;
/// One that ends sooner is made anew: a session may last for days.
constexpr int kRenewDays = 30;
/// Clocks differ.
constexpr int kEarlySeconds = 60 * 60;
constexpr const char* kNames = "DNS:localhost,DNS:*.localhost,IP:127.0.0.1,IP:::1";

void check(bool worked) {
  if (!worked) throw Error("OpenSSL has failed").while_doing("making a certificate");
}

void add_extension(X509& certificate, int kind, const char* value) {
  X509V3_CTX context{};
  X509V3_set_ctx_nodb(&context);
  ::X509V3_set_ctx(&context, &certificate, &certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, Freed<::X509_EXTENSION_free>> extension(
      ::X509V3_EXT_conf_nid(nullptr, &context, kind, value));
  check(extension != nullptr && ::X509_add_ext(&certificate, extension.get(), -1) == 1);
}

Certificate make_certificate(EVP_PKEY& key) {
  Certificate certificate(::X509_new());
  check(certificate != nullptr);
  // Different each time: browsers refuse a second certificate of the same issuer and number.
  std::uint64_t serial = 0;
  check(::RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1);
  ::ASN1_INTEGER_set_uint64(::X509_get_serialNumber(certificate.get()), serial >> 1);
  check(::X509_set_version(certificate.get(), X509_VERSION_3) == 1);
  ::X509_gmtime_adj(::X509_getm_notBefore(certificate.get()), -kEarlySeconds);
  ::X509_gmtime_adj(::X509_getm_notAfter(certificate.get()), long{kValidDays} * kDaySeconds);
  X509_NAME* const name = ::X509_get_subject_name(certificate.get());
  const auto add_name = [name](const char* field, const char* value) {
    check(::X509_NAME_add_entry_by_txt(name, field, MBSTRING_ASC,
                                       reinterpret_cast<const unsigned char*>(value), -1, -1,
                                       0) == 1);
  };
  add_name("O", "cwrangler, for this machine only");
  add_name("CN", "localhost");
  check(::X509_set_issuer_name(certificate.get(), name) == 1);
  check(::X509_set_pubkey(certificate.get(), &key) == 1);
  // Not an authority: one who gets at the key can be no other server than this.
  add_extension(*certificate, NID_basic_constraints, "critical,CA:FALSE");
  add_extension(*certificate, NID_key_usage, "critical,digitalSignature");
  add_extension(*certificate, NID_ext_key_usage, "serverAuth");
  add_extension(*certificate, NID_subject_alt_name, kNames);
  check(::X509_sign(certificate.get(), &key, ::EVP_sha256()) > 0);
  return certificate;
}

template <typename Write>
std::string to_pem(Write write) {
  const Bio bio(::BIO_new(::BIO_s_mem()));
  check(bio != nullptr && write(bio.get()) == 1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<size_t>(size)};
}

TlsIdentity make_identity() {
  const Key key(::EVP_EC_gen("P-256"));
  check(key != nullptr);
  const Certificate certificate = make_certificate(*key);
  return {to_pem([&](BIO* out) { return ::PEM_write_bio_X509(out, certificate.get()); }),
          to_pem([&](BIO* out) {
            return ::PEM_write_bio_PKCS8PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr,
                                                   nullptr);
          })};
}

bool only_ours(const std::filesystem::path& file) {
  struct stat status {};
  return ::stat(file.c_str(), &status) == 0 && (status.st_mode & 077) == 0 &&
         status.st_uid == ::geteuid();
}

/// Both parse, belong together, and last.
bool is_usable(const TlsIdentity& identity) {
  const Bio certificate_text(::BIO_new_mem_buf(identity.certificate.data(),
                                               static_cast<int>(identity.certificate.size())));
  const Bio key_text(::BIO_new_mem_buf(identity.key.data(), static_cast<int>(identity.key.size())));
  if (!certificate_text || !key_text) return false;
  const Certificate certificate(
      ::PEM_read_bio_X509(certificate_text.get(), nullptr, nullptr, nullptr));
  const Key key(::PEM_read_bio_PrivateKey(key_text.get(), nullptr, nullptr, nullptr));
  if (!certificate || !key || ::X509_check_private_key(certificate.get(), key.get()) != 1) {
    return false;
  }
  int days = 0;
  int seconds = 0;
  return ::ASN1_TIME_diff(&days, &seconds, nullptr, ::X509_get0_notAfter(certificate.get())) == 1 &&
         days >= kRenewDays;
}

}  // namespace

TlsIdentity local_certificate(const std::filesystem::path& folder) {
  if (folder.empty()) return make_identity();
  const std::filesystem::path certificate_file = folder / "certificate.pem";
  const std::filesystem::path key_file = folder / "key.pem";
  try {
    if (only_ours(key_file)) {
      TlsIdentity known{read_file(certificate_file), read_file(key_file)};
      if (is_usable(known)) return known;
    }
  } catch (const Error& error) {
    spdlog::debug("the certificate is made anew: {}", error.what());
  }
  TlsIdentity made = make_identity();
  try {
    std::filesystem::create_directories(folder);
    // A mode is given to new files only: one that others can read must not stay.
    std::filesystem::remove(key_file);
    write_file_atomically(key_file, made.key, 0600);
    write_file_atomically(certificate_file, made.certificate);
  } catch (const std::exception& error) {
    spdlog::warn("the certificate for HTTPS cannot be kept: {}", error.what());
  }
  return made;
}

}  // namespace cwrangler::server
