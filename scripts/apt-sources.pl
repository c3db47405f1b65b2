#!/usr/bin/perl
# Switches on a further suite, or the source packages, in the package sources that the machine has. The machine's own entry for
# its release is the pattern, so that mirror and signing key stay what its administrator chose.
#
#   apt-sources.pl suite  CODENAME [DIRECTORY]   adds CODENAME-backports beside CODENAME
#   apt-sources.pl source CODENAME [DIRECTORY]   adds source packages for CODENAME
#
# DIRECTORY is /etc/apt unless given. Both forms of sources are understood: deb822 (*.sources) and one line (*.list). Prints the
# file that changed, and nothing when all was there before. Fails when there is no entry to go by.
use strict;
use warnings;

my ($what, $codename, $directory) = @ARGV;
$directory //= '/etc/apt';
die "usage: $0 suite|source CODENAME [DIRECTORY]\n" unless defined $codename && $what =~ /^(?:suite|source)$/;

my $suite = $what eq 'suite' ? "$codename-backports" : $codename;
my $type = $what eq 'suite' ? 'deb' : 'deb-src';

sub has { my ($words, $word) = @_; return grep { $_ eq $word } split ' ', $words; }

# An entry as [types, suites, components], or nothing if it is switched off or no entry.
sub stanza_entry {
  my ($text) = @_;
  return if $text =~ /^Enabled:\s*(?:no|false|off|0)\s*$/mi;
  my @fields = map { $text =~ /^$_:[ \t]*(.*(?:\n[ \t].*)*)/mi ? $1 : '' } qw(Types Suites Components);
  return @fields;
}

sub line_entry {
  my ($line) = @_;
  return $line =~ /^\s*(deb|deb-src)\s+(?:\[[^\]]*\]\s+)?\S+\s+(\S+)\s+(.*?)\s*(?:#.*)?$/ ? ($1, $2, $3) : ();
}

sub read_parts {
  my ($file) = @_;
  open my $in, '<', $file or die "cannot read $file: $!\n";
  local $/ = $file =~ /\.sources$/ ? '' : "\n"; # a stanza or a line at a time
  my @parts = <$in>;
  return @parts;
}

my @candidates;
for my $file (grep { -f } ("$directory/sources.list", sort glob("$directory/sources.list.d/*.list $directory/sources.list.d/*.sources"))) {
  my @parts = read_parts($file);
  my $deb822 = $file =~ /\.sources$/;
  for my $index (0 .. $#parts) {
    my ($types, $suites, $components) = $deb822 ? stanza_entry($parts[$index]) : line_entry($parts[$index]);
    next unless defined $types && has($components, 'main');
    exit 0 if has($types, $type) && has($suites, $suite);
    push @candidates, [$file, $index, $deb822] if has($types, 'deb') && has($suites, $codename);
  }
}
die "$directory has no entry for the main packages of $codename to go by\n" unless @candidates;

my ($file, $index, $deb822) = @{$candidates[0]};
my @parts = read_parts($file);
if ($deb822) {
  my ($field, $word) = $what eq 'suite' ? ('Suites', $suite) : ('Types', $type);
  $parts[$index] =~ s/^($field:[ \t]*)(.*)$/$1$2 $word/mi;
} else {
  my $line = $parts[$index];
  chomp $line;
  $line =~ s/^\s*deb\b/$type/;
  $line =~ s/(\s)\Q$codename\E(\s)/$1$suite$2/;
  $parts[$index] =~ s/\n?$/\n/;
  splice @parts, $index + 1, 0, "$line\n";
}

open my $out, '>', "$file.nexus-new" or die "cannot write $file.nexus-new: $!\n";
print $out @parts;
close $out or die "cannot write $file.nexus-new: $!\n";
chmod((stat $file)[2] & 07777, "$file.nexus-new");
rename "$file.nexus-new", $file or die "cannot replace $file: $!\n";
print "$file\n";
