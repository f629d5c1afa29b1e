// The part of ASP.NET Core's types that HTTP functions use.

using System;
using System.Collections;
using System.Collections.Generic;
using System.IO;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Extensions.Primitives;

namespace Microsoft.AspNetCore.Hosting
{
    public interface IWebHostBuilder { }

    public interface IWebHost { }
}

namespace Microsoft.Extensions.Primitives
{
    /// <summary>No, one or several texts under one name.</summary>
    public struct StringValues : IEnumerable<string>, IEquatable<StringValues>
    {
        public static readonly StringValues Empty = new StringValues(new string[0]);
        private readonly string[] values;

        public StringValues(string value) : this(value == null ? null : new[] { value }) { }

        public StringValues(string[] values)
        {
            this.values = values;
        }

        public int Count => values == null ? 0 : values.Length;

        public string this[int index] => ToArray()[index];

        public string[] ToArray() => values ?? Empty.values;

        public override string ToString() => string.Join(",", ToArray());

        public bool Equals(StringValues other) => ToString() == other.ToString();
        public override bool Equals(object other) => other is StringValues values && Equals(values);
        public override int GetHashCode() => ToString().GetHashCode();

        public IEnumerator<string> GetEnumerator() => ((IEnumerable<string>)ToArray()).GetEnumerator();
        IEnumerator IEnumerable.GetEnumerator() => ToArray().GetEnumerator();

        public static bool IsNullOrEmpty(StringValues value) => value.Count == 0 || value.Count == 1 && string.IsNullOrEmpty(value[0]);
        public static StringValues Concat(StringValues first, StringValues second)
        {
            var all = new List<string>(first.ToArray());
            all.AddRange(second.ToArray());
            return new StringValues(all.ToArray());
        }

        public static implicit operator StringValues(string value) => new StringValues(value);
        public static implicit operator StringValues(string[] values) => new StringValues(values);
        public static implicit operator string(StringValues values) => values.Count == 0 ? null : values.ToString();
        public static implicit operator string[](StringValues values) => values.ToArray();
        public static bool operator ==(StringValues left, StringValues right) => left.Equals(right);
        public static bool operator !=(StringValues left, StringValues right) => !left.Equals(right);
    }
}

namespace Microsoft.AspNetCore.Http
{
    public interface IQueryCollection : IEnumerable<KeyValuePair<string, StringValues>>
    {
        int Count { get; }
        ICollection<string> Keys { get; }

        /// <summary>Empty when there is no such name.</summary>
        StringValues this[string key] { get; }
        bool ContainsKey(string key);
        bool TryGetValue(string key, out StringValues value);
    }

    public interface IHeaderDictionary : IDictionary<string, StringValues>
    {
        /// <summary>Empty when there is no such header; setting it to nothing removes it.</summary>
        new StringValues this[string key] { get; set; }
        long? ContentLength { get; set; }
    }

    /// <summary>A path; nothing, or a text that begins with a slash.</summary>
    public struct PathString : IEquatable<PathString>
    {
        public PathString(string value)
        {
            if (!string.IsNullOrEmpty(value) && value[0] != '/')
                throw new ArgumentException("A path begins with a slash", nameof(value));
            Value = value;
        }

        public string Value { get; }
        public bool HasValue => !string.IsNullOrEmpty(Value);

        public bool StartsWithSegments(PathString other)
        {
            string own = Value ?? "", start = other.Value ?? "";
            return own.StartsWith(start, StringComparison.OrdinalIgnoreCase) && (own.Length == start.Length || own[start.Length] == '/');
        }

        public override string ToString() => Value ?? "";
        public bool Equals(PathString other) => string.Equals(Value ?? "", other.Value ?? "", StringComparison.OrdinalIgnoreCase);
        public override bool Equals(object other) => other is PathString path && Equals(path);
        public override int GetHashCode() => StringComparer.OrdinalIgnoreCase.GetHashCode(Value ?? "");

        public static implicit operator PathString(string value) => new PathString(value);
        public static implicit operator string(PathString path) => path.ToString();
        public static bool operator ==(PathString left, PathString right) => left.Equals(right);
        public static bool operator !=(PathString left, PathString right) => !left.Equals(right);
    }

    /// <summary>Nothing, or a text that begins with a question mark, as it was sent.</summary>
    public struct QueryString
    {
        public QueryString(string value)
        {
            Value = value;
        }

        public string Value { get; }
        public bool HasValue => !string.IsNullOrEmpty(Value);
        public override string ToString() => Value ?? "";
    }

    public struct HostString
    {
        public HostString(string value)
        {
            Value = value;
        }

        public string Value { get; }
        public bool HasValue => !string.IsNullOrEmpty(Value);
        public override string ToString() => Value ?? "";
    }

    public abstract class HttpRequest
    {
        public abstract string Method { get; set; }
        public abstract string Scheme { get; set; }
        public abstract bool IsHttps { get; set; }
        public abstract HostString Host { get; set; }
        public abstract PathString PathBase { get; set; }
        public abstract PathString Path { get; set; }
        public abstract QueryString QueryString { get; set; }
        public abstract IQueryCollection Query { get; set; }
        public abstract string Protocol { get; set; }
        public abstract IHeaderDictionary Headers { get; }
        public abstract long? ContentLength { get; set; }
        public abstract string ContentType { get; set; }
        public abstract Stream Body { get; set; }
    }

    public abstract class HttpResponse
    {
        public abstract int StatusCode { get; set; }
        public abstract IHeaderDictionary Headers { get; }
        public abstract Stream Body { get; set; }
        public abstract long? ContentLength { get; set; }
        public abstract string ContentType { get; set; }

        /// <summary>Whether status and headers are on their way to the caller; then they are fixed.</summary>
        public abstract bool HasStarted { get; }

        public virtual void Redirect(string location) => Redirect(location, false);

        public virtual void Redirect(string location, bool permanent)
        {
            StatusCode = permanent ? 301 : 302;
            Headers["Location"] = location;
        }
    }

    public static class HttpResponseWritingExtensions
    {
        public static Task WriteAsync(this HttpResponse response, string text, CancellationToken cancellationToken = default(CancellationToken)) =>
            response.WriteAsync(text, Encoding.UTF8, cancellationToken);

        public static Task WriteAsync(this HttpResponse response, string text, Encoding encoding, CancellationToken cancellationToken = default(CancellationToken))
        {
            byte[] bytes = encoding.GetBytes(text);
            return response.Body.WriteAsync(bytes, 0, bytes.Length, cancellationToken);
        }
    }
}
