// What functions see of Function Compute: the public names of its library Aliyun.Serverless.Core.

using System;
using System.IO;
using System.Threading.Tasks;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Aliyun.Serverless.Core
{
    public interface IFcContext
    {
        string RequestId { get; }
        IFunctionParameter FunctionParam { get; }
        IFcLogger Logger { get; }
        ICredentials Credentials { get; }
        string AccountId { get; }
        string Region { get; }
        IServiceMeta ServiceMeta { get; }
    }

    public interface IFunctionParameter
    {
        string FunctionName { get; }
        string FunctionHandler { get; }
        string FunctionInitializer { get; }
        int MemoryLimitInMB { get; }
        TimeSpan FunctionTimeout { get; }
        TimeSpan InitializationTimeout { get; }
    }

    public interface ICredentials
    {
        string AccessKeyId { get; }
        string AccessKeySecret { get; }
        string SecurityToken { get; }
    }

    public interface IServiceMeta
    {
        string Name { get; }
        string LogProject { get; }
        string LogStore { get; }
        string Qualifier { get; }

        /// <summary>The version's number as text; empty at LATEST, never null.</summary>
        string VersionId { get; }
    }

    public interface IFcLogger : ILogger
    {
        /// <summary>What is below this level is not written.</summary>
        LogLevel EnabledLogLevel { get; set; }
    }

    /// <summary>Turns payloads into a handler's input and its results into payloads.</summary>
    public interface IFcSerializer
    {
        T Deserialize<T>(Stream stream);
        void Serialize<T>(T value, Stream stream);
    }

    /// <summary>Names the serializer of one method, or of all methods of an assembly.</summary>
    [AttributeUsage(AttributeTargets.Method | AttributeTargets.Assembly)]
    public sealed class FcSerializerAttribute : Attribute
    {
        public FcSerializerAttribute(Type serializerType)
        {
            SerializerType = serializerType;
        }

        public Type SerializerType { get; set; }
    }

    public class JsonSerializerException : Exception
    {
        public JsonSerializerException(string message, Exception exception) : base(message, exception) { }
    }
}

namespace Aliyun.Serverless.Core.Http
{
    /// <summary>The base of HTTP functions, which override HandleRequest.</summary>
    public abstract class FcHttpEntrypoint
    {
        public const string FC_CONTEXT = "FcContext";

        public IFcLogger Logger { get; private set; }

        /// <summary>Where the original builds an ASP.NET Core application; there is none here, so it is never called.</summary>
        protected virtual void Init(IWebHostBuilder builder) { }

        public virtual Task<HttpResponse> HandleRequest(HttpRequest request, HttpResponse response, IFcContext fcContext)
        {
            throw new NotSupportedException("Override HandleRequest: whole ASP.NET Core applications are not run here");
        }
    }
}
